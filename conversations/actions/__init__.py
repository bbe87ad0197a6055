"""The verbs that change more than one row or have an audience: check, write, announce on commit."""

from conversations.actions.access import conversation_of
from conversations.actions.asking import edit_message, new_conversation_id, post_message
from conversations.actions.conversations import (
    change_conversation,
    choose_branch,
    create_conversation,
    delete_conversation,
    mark_read,
    moved,
)
from conversations.actions.forking import fork_conversation
from conversations.actions.replying import continue_reply, retry_reply, stop_reply

__all__ = [
    "change_conversation",
    "choose_branch",
    "continue_reply",
    "conversation_of",
    "create_conversation",
    "delete_conversation",
    "edit_message",
    "fork_conversation",
    "mark_read",
    "moved",
    "new_conversation_id",
    "post_message",
    "retry_reply",
    "stop_reply",
]
