"""Speech: recordings that are written down."""
