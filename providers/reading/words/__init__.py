"""The words of a reply on their way to people: thoughts apart, pictures out of the text, keys masked."""
