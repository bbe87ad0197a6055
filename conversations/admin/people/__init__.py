"""People in the administration: one by one, many by a pasted list, those who leave, and what gives power."""
