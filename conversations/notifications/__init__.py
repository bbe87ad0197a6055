"""People are told of what happened: on their pages, and wherever else they want to be told."""
