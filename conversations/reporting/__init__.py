"""What the administrator sees of calls and money; never a word of what was said, nor a conversation's title."""
