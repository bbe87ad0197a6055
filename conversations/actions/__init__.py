"""Actions that change several rows or have an audience: check, write, announce on commit."""

from conversations.actions.access import conversation_of
from conversations.actions.accounts import (
    change_display_name,
    change_language,
    change_look,
    create_administrator,
    create_password_link,
    create_token,
    end_sessions,
    introduce,
    revoke_token,
    use_password_link,
)
from conversations.actions.audience.guests import end_guest, end_team, name_guest, name_team
from conversations.actions.audience.moving import move_conversation, move_to_project
from conversations.actions.audience.shared_place import choose_branch
from conversations.actions.bin import (
    delete_conversation,
    empty_bin,
    end_conversation,
    end_overdue,
    purge,
    restore_conversation,
)
from conversations.actions.conversations import (
    arrange_conversation,
    change_conversation,
    changed_conversations,
    create_conversation,
    mark_read,
    tell_typing,
)
from conversations.actions.forks import fork_conversation
from conversations.actions.keys import add_keys, add_own_key, change_own_key, remove_own_key
from conversations.actions.links.invitations import invite, join, open_account, revoke_invitation, sign_up
from conversations.actions.links.shares import copy_share, offer_share, revoke_share, share_conversation
from conversations.actions.marks.remarks import (
    add_remark,
    assign_remark,
    delete_remark,
    reply_to_remark,
    resolve_remark,
)
from conversations.actions.marks.summaries import change_summary
from conversations.actions.marks.verification import unverify_reply, verify_reply
from conversations.actions.notifications.reading import read_notifications
from conversations.actions.notifications.targets import add_browser, add_target, remove_target, test_target
from conversations.actions.projects.projects import change_project, create_project, delete_project, hand_over_project
from conversations.actions.prompts.publishing import decline_proposal, publish_proposal, restore_version
from conversations.actions.prompts.transfer import import_prompts
from conversations.actions.prompts.writing import change_prompt, create_prompt, delete_prompt
from conversations.actions.questions import edit_message, new_conversation_id, post_message
from conversations.actions.replies import continue_reply, retry_reply, stop_reply
from conversations.actions.teams import (
    change_role,
    change_team,
    create_team,
    end_place,
    hand_over,
    leave_team,
    remove_member,
    remove_team,
    set_retention,
)

__all__ = [
    "add_browser",
    "add_keys",
    "add_own_key",
    "add_remark",
    "add_target",
    "arrange_conversation",
    "assign_remark",
    "change_conversation",
    "change_display_name",
    "change_language",
    "change_look",
    "change_own_key",
    "change_project",
    "change_prompt",
    "change_role",
    "change_summary",
    "change_team",
    "changed_conversations",
    "choose_branch",
    "continue_reply",
    "conversation_of",
    "copy_share",
    "create_administrator",
    "create_conversation",
    "create_password_link",
    "create_project",
    "create_prompt",
    "create_team",
    "create_token",
    "decline_proposal",
    "delete_conversation",
    "delete_project",
    "delete_prompt",
    "delete_remark",
    "edit_message",
    "empty_bin",
    "end_conversation",
    "end_guest",
    "end_overdue",
    "end_place",
    "end_sessions",
    "end_team",
    "fork_conversation",
    "hand_over",
    "hand_over_project",
    "import_prompts",
    "introduce",
    "invite",
    "join",
    "leave_team",
    "mark_read",
    "move_conversation",
    "move_to_project",
    "name_guest",
    "name_team",
    "new_conversation_id",
    "offer_share",
    "open_account",
    "post_message",
    "publish_proposal",
    "purge",
    "read_notifications",
    "remove_member",
    "remove_own_key",
    "remove_target",
    "remove_team",
    "reply_to_remark",
    "resolve_remark",
    "restore_conversation",
    "restore_version",
    "retry_reply",
    "revoke_invitation",
    "revoke_share",
    "revoke_token",
    "set_retention",
    "share_conversation",
    "sign_up",
    "stop_reply",
    "tell_typing",
    "test_target",
    "unverify_reply",
    "use_password_link",
    "verify_reply",
]
