"""The processor time that the formulas of one reply may still take, in seconds."""

left = 10.0
