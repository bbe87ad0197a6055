"""Speech: recordings that become words, and words that are read aloud."""
