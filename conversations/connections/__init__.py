"""A client's connection, whatever carries it: authentication, limits on input, commands and their answers."""
