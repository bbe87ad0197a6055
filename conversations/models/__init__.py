from conversations.models.conversation import BranchChoice, Conversation, ReadMark
from conversations.models.file import File
from conversations.models.message import Message
from conversations.models.people import Installation, Membership, Team, User
from conversations.models.receipt import Receipt

__all__ = [
    "BranchChoice",
    "Conversation",
    "File",
    "Installation",
    "Membership",
    "Message",
    "ReadMark",
    "Receipt",
    "Team",
    "User",
]
