"""The rows, with querysets for read and write access."""

from conversations.models.assistants.assistant import Assistant
from conversations.models.assistants.assistant_file import AssistantFile
from conversations.models.assistants.version import AssistantVersion
from conversations.models.conversation import Conversation
from conversations.models.file import File, FileText
from conversations.models.installation import Installation
from conversations.models.links.invitation import Invitation
from conversations.models.links.password_link import PasswordLink
from conversations.models.links.share import Share
from conversations.models.marks.catch_up import CatchUp
from conversations.models.marks.remark import Remark
from conversations.models.marks.summary import Summary, SummaryVersion
from conversations.models.marks.verification import Verification
from conversations.models.message import Message
from conversations.models.notifications.delivery import Delivery
from conversations.models.notifications.notification import Notification
from conversations.models.notifications.target import Target
from conversations.models.people import Membership, Team, User
from conversations.models.personal.arrangement import Arrangement
from conversations.models.personal.conversation_import import ConversationImport, ImportItem
from conversations.models.personal.draft import Draft
from conversations.models.personal.guest import Guest, TeamGrant
from conversations.models.personal.mention import Mention
from conversations.models.personal.notice import AccountNotice
from conversations.models.personal.read_state import BranchChoice, ReadMark
from conversations.models.personal.receipt import Receipt
from conversations.models.personal.token import PersonalToken
from conversations.models.projects.instructions import Instructions
from conversations.models.projects.member import ProjectMember
from conversations.models.projects.passage import Passage, PassageIndex
from conversations.models.projects.project import Project
from conversations.models.projects.project_file import ProjectFile
from conversations.models.prompts.prompt import Prompt
from conversations.models.prompts.version import PromptVersion
from conversations.models.search_entry import SearchEntry, SearchIndex
from conversations.models.shared_place import SharedPlace
from conversations.models.spending import Budget, DailySum, FirstToken, Reservation, Tally, UsageRecord

__all__ = [
    "AccountNotice",
    "Arrangement",
    "Assistant",
    "AssistantFile",
    "AssistantVersion",
    "BranchChoice",
    "Budget",
    "CatchUp",
    "Conversation",
    "ConversationImport",
    "DailySum",
    "Delivery",
    "Draft",
    "File",
    "FileText",
    "FirstToken",
    "Guest",
    "ImportItem",
    "Installation",
    "Instructions",
    "Invitation",
    "Membership",
    "Mention",
    "Message",
    "Notification",
    "Passage",
    "PassageIndex",
    "PasswordLink",
    "PersonalToken",
    "Project",
    "ProjectFile",
    "ProjectMember",
    "Prompt",
    "PromptVersion",
    "ReadMark",
    "Receipt",
    "Remark",
    "Reservation",
    "SearchEntry",
    "SearchIndex",
    "Share",
    "SharedPlace",
    "Summary",
    "SummaryVersion",
    "Tally",
    "Target",
    "Team",
    "TeamGrant",
    "UsageRecord",
    "User",
    "Verification",
]
