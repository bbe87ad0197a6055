"""Speech: recordings that become words in the message box, and replies that are read aloud."""
