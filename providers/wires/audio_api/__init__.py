"""The wire of endpoints that write down speech or read aloud: `/audio`."""
