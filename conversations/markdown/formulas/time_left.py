"""The processor time left for the formulas of one reply: seconds."""

left = 10.0
