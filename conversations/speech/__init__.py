"""Speech: recordings that become words in the message box."""
