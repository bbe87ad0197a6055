"""Reports of calls and money for administrators; they never show a message's text or a conversation's title."""
