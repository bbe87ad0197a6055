"""The tools whose exports are read, a module each: `recognises` one of its conversations, and `thread` reads it."""
