"""The rows, with querysets for read and write access."""

from conversations.models.conversation import Conversation
from conversations.models.file import File
from conversations.models.links.invitation import Invitation
from conversations.models.links.password_link import PasswordLink
from conversations.models.links.share import Share
from conversations.models.message import Message
from conversations.models.people import Installation, Membership, Team, User
from conversations.models.personal.notice import AccountNotice
from conversations.models.personal.read_state import BranchChoice, ReadMark
from conversations.models.personal.receipt import Receipt
from conversations.models.personal.token import PersonalToken
from conversations.models.spending import Budget, DailySum, FirstToken, Reservation, Tally, UsageRecord

__all__ = [
    "AccountNotice",
    "BranchChoice",
    "Budget",
    "Conversation",
    "DailySum",
    "File",
    "FirstToken",
    "Installation",
    "Invitation",
    "Membership",
    "Message",
    "PasswordLink",
    "PersonalToken",
    "ReadMark",
    "Receipt",
    "Reservation",
    "Share",
    "Tally",
    "Team",
    "UsageRecord",
    "User",
]
