"""The rule behind each row of the matrix, by route, or by route and method where they differ.

A row with the reason "because it is so today" would be a fault to fix.
"""

from tests.authorisation.table import Policy

_READERS = "who may read a conversation: its owner, or whoever is in its team"
_WRITERS = "who may write in a conversation: its owner, or its team's leads and members, but not its readers"
_DECIDERS = "its owner decides who reads a conversation, and a team's leads do for the team"
_PROJECT = "who may read a project: its owner, its team or, of a narrow one, the members named"
_PROJECT_WRITERS = "who reads a project changes it, but not a team's readers"
_PROJECT_DECIDERS = "a project is archived, deleted and narrowed by who looks after it and, of those in it, by leads"
_LEADS = "a team is its leads' to change, and what is not theirs is not there"
_SECRET = "whoever holds a secret link that is still good has been let in by its maker"
_ONE_S_OWN = "it shows and changes the asker's own rows and no others"
_OPEN = "it tells nothing about anybody, and is needed before one has signed in"
_TOLD = "the site is told from outside whether it lives; nothing else is in the answer"
_ADDERS = "who adds a vendor needs the permissions for endpoints, keys, models and deployments"
_MONEY = "figures of the ledger are for superusers and for staff who may see calls or budgets"
_KEYS = "keys are for superusers and for staff with the permissions for keys"
_GUARDED = "Django's permission for this model and this deed"
_PROMPTS = "a prompt is for its person, its team, or everybody; a proposed one for leads and whoever proposed it"
_PROMPT_WRITERS = "a team's leads and members write its prompts or propose words; the site's are superusers'"
_PROMPT_DECIDERS = "a prompt is its person's, its team's leads', or for the site the superusers'"

REASONS = {
    "chat": "everybody talks, and sees the conversations, models and teams that are theirs",
    "conversation": _READERS,
    "thread": _READERS,
    "search": _READERS + "; one chooses among one's own teams and their people",
    "parameters": "the fields are the same for everybody, and hold nobody's values",
    "shortcuts": "the keys are the same for everybody",
    "resting-keys": "the lines are those of the chat's page: for others than key testers there are none",
    "audience": "who reads a conversation may know who else does; who decides also sees where it may go",
    "setup": "there is an administrator already, and a second one is not made this way",
    "language": _OPEN,
    "appearance": _OPEN,
    "manifest": _OPEN,
    "favicon": _OPEN,
    "websocket": "a request without the headers of a handshake is told which one it lacks, and nothing else",
    "reply-details": _READERS,
    "reply-versions": _READERS,
    "preview": "it gives back what it was sent, under a policy that lets it do nothing",
    "markdown": "it gives back what it was sent, rendered and sanitised as replies are",
    "local-model": _ADDERS,
    "add-endpoint": _ADDERS,
    "projects": _PROJECT,
    "sidebar-projects": _PROJECT,
    "new-project": "everybody makes projects; a team's are made by who writes there",
    "project": _PROJECT,
    "project-settings": _PROJECT_WRITERS,
    "add-project-files": _PROJECT_WRITERS,
    "remove-project-file": _PROJECT_WRITERS,
    "archive-project": _PROJECT_DECIDERS,
    "delete-project": _PROJECT_DECIDERS,
    "api:projects": _PROJECT,
    "api:create_project": "everybody makes projects; a team's are made by who writes there",
    "api:project": _PROJECT,
    "api:project_defaults": _PROJECT,
    "api:versions": _PROJECT,
    "api:change_project": _PROJECT_WRITERS + "; " + _PROJECT_DECIDERS,
    "api:delete_project": _PROJECT_DECIDERS + "; a narrow one with conversations stays, for the team would read them",
    "api:add_files": _PROJECT_WRITERS + ", with files of their own",
    "api:remove_file": _PROJECT_WRITERS,
    "teams": _ONE_S_OWN,
    "new-team": "here the administrator has said that only staff makes teams",
    "team": "a team's members see it",
    "prompts": _PROMPTS,
    "new-prompt": "everybody keeps prompts of their own, and may copy one that they see",
    "prompt": _PROMPTS + "; " + _PROMPT_WRITERS,
    "delete-prompt": _PROMPT_DECIDERS + "; and whoever proposed what was never published",
    "prompt-version": _PROMPTS,
    "restore-prompt": _PROMPT_WRITERS,
    "prompt-proposal": "a proposal is for the team's leads and for whoever made it",
    "publish-proposal": _PROMPT_DECIDERS,
    "decline-proposal": _PROMPT_DECIDERS,
    "team-prompts": "a team's members see its prompts, and its leads say who publishes them",
    "api:prompts": _PROMPTS,
    "api:prompt": _PROMPTS,
    "api:create_prompt": "everybody keeps prompts of their own; " + _PROMPT_WRITERS,
    "api:change_prompt": _PROMPT_WRITERS,
    "api:delete_prompt": _PROMPT_DECIDERS + "; and whoever proposed what was never published",
    "rename-team": _LEADS,
    "team-defaults": _LEADS,
    "team-keys": "a team's leads see its own keys by their last characters, as its vendors' bills are theirs",
    "team-audit": "a team's leads answer for who was let in and out",
    "api:team_defaults": "a team's members may begin conversations that hold them",
    "team-retention": _LEADS,
    "leave-team": "everybody may leave a team they are in",
    "change-role": _LEADS,
    "remove-member": _LEADS + "; the last lead stays",
    "hand-over": _LEADS + "; only to somebody else who can come in",
    "invite": _LEADS,
    "revoke-invitation": _LEADS,
    "invitation": _SECRET,
    "join": "only with an invitation that was followed and is still good",
    "share": _DECIDERS + ", and a link shows what was said in that very conversation",
    "archive": "one sees what one archived and may still read",
    "unarchive": _READERS,
    "bin": "one sees what one may restore",
    "empty-bin": "it ends what the asker may restore and nothing else",
    "restore": _DECIDERS,
    "end": _DECIDERS,
    "shares": "one sees the links one made, and those of the conversations one decides about",
    "revoke-share": "its maker, and who decides about the conversation now",
    "shared": _SECRET,
    "shared-file": _SECRET + ", and a link shows the files of its messages alone",
    "follow-share": _SECRET,
    "copy-share": "a copy is made by somebody who is signed in and has followed a link that is still good",
    "follow-password-link": _SECRET,
    "new-password": "only with a link that was followed and is still good",
    "new-password-link": "superusers, and the leads of the team whose invitation made the account; never for staff",
    "account": _ONE_S_OWN,
    "look": _ONE_S_OWN,
    "notifications": "the page holds nobody's rows",
    "own-usage": _ONE_S_OWN,
    "own-usage-csv": _ONE_S_OWN,
    "introduction": _ONE_S_OWN,
    "security": _ONE_S_OWN,
    "address": _ONE_S_OWN,
    "follow-address": _SECRET,
    "confirm-address": "a mail address is confirmed by who asked for it, signed in, with the link that it was sent",
    "notices": _ONE_S_OWN,
    "end-session": _ONE_S_OWN,
    "end-other-sessions": _ONE_S_OWN,
    "tokens": _ONE_S_OWN,
    "revoke-token": _ONE_S_OWN,
    "own-keys": _ONE_S_OWN,
    "change-own-key": _ONE_S_OWN,
    "remove-own-key": _ONE_S_OWN,
    "-livez": _TOLD,
    "-readyz": _TOLD,
    "api:openapi-json": "it describes the calls and holds nobody's rows",
    "api:api-root": "there is no such call",
    "api:no_such_call": "there is no such call",
    "api:me": _ONE_S_OWN,
    "api:models": "a model of teams is for who writes in one of them",
    "api:people": "who reads a conversation knows who else does, as a team's members know one another",
    "api:add_favourite": _ONE_S_OWN + "; a model of teams is for who writes in one of them",
    "api:remove_favourite": _ONE_S_OWN + "; a model of teams is for who writes in one of them",
    "api:conversations": _READERS,
    "api:find": _READERS,
    "api:create": "everybody begins conversations; a team's are begun by who writes there",
    "api:conversation": _READERS,
    "api:change": _WRITERS
    + "; its place in one's own list is every reader's; "
    + _DECIDERS
    + ", and nobody moves one where they do not write; within its team its writers file it in open projects",
    "api:delete": _DECIDERS,
    "api:restore": _DECIDERS,
    "api:messages": _READERS,
    "api:create_import": "everybody may bring in conversations, which are private to them",
    "api:begin_upload": "everybody may bring in conversations, which are private to them",
    "api:add_piece": _ONE_S_OWN,
    "api:show_import": _ONE_S_OWN,
    "api:start_import": _ONE_S_OWN,
    "api:export_all": _ONE_S_OWN + "; a team's leads export what is the team's, readers what they name",
    "data": _ONE_S_OWN,
    "close-account": "one closes one's own account",
    "import": _ONE_S_OWN,
    "api:export_conversation": _READERS + "; a branch is one of that very conversation",
    "api:drafts": _ONE_S_OWN + ", where one may write",
    "api:save_draft": _ONE_S_OWN + ", where one may write",
    "api:estimate": "an estimate is of what one may ask, where one may write",
    "api:open_stream": "everybody may connect; each command that a connection carries is judged as on the websocket",
    "api:send_commands": "a stream takes commands from the person who opened it, and this one nobody has opened",
    "api:upload": _ONE_S_OWN,
    "api:download": "a file is for who reads a message that holds it, and before it is sent for its owner",
    "conversation.open": _READERS,
    "conversation.close": "it ends a subscription of one's own, and answers the same where there is none",
    "conversation.read": _READERS,
    "conversation.fork": "who reads a conversation may go on from it in a private copy",
    "branch.choose": _WRITERS + ": in a team's conversation it leads everybody there",
    "branch.look": _READERS,
    "message.send": _WRITERS + "; with files, models and parents that are theirs to use there",
    "message.edit": _WRITERS,
    "reply.stop": _WRITERS,
    "reply.retry": _WRITERS,
    "reply.continue": _WRITERS,
    "typing": _WRITERS,
    "ping": _READERS + "; what one may not read has always moved",
    "admin:index": "staff comes in, and finds what their permissions show",
    "admin:app_list": "it leads to the first page, which shows staff what their permissions allow",
    "admin:jsi18n": "words of the scripts, which staff's pages need",
    "admin:autocomplete": "names of people are offered to who may see people",
    "admin:password_change": "it leads to the site's own page, which ends tokens and tells the owner",
    "admin:password_change_done": "it says that it is done",
    "admin:auth_user_password_change": "another's password is a superuser's to set",
    "admin:providers_endpoint_detect": "what is detected becomes the address, which superusers change",
    "admin:providers_endpoint_models": _ADDERS,
    "admin:providers_deployment_forget": "who may change a deployment may let it learn again",
    "admin:providers_endpoint_preset": _ADDERS,
    "admin:conversations_user_delete": "what a person wrote keeps its author, so one who has written stays",
    "admin:conversations_team_delete": "a team with conversations stays, for they would have no readers",
    "admin:conversations_user_add_many": "who may add one person may add many",
    "admin:conversations_user_closing": "who may delete people closes accounts; superusers pass on what was private",
    "admin:conversations_user_leaving": "who may change a person may end their access",
    "usage": _MONEY,
    "usage-csv": _MONEY,
    "ledger-csv": _MONEY,
    "scoreboard": _MONEY,
    "budgets": _MONEY,
    "model-access": "it tells of people, teams, budgets, models, endpoints and keys: for who may see all of them",
    "key": _KEYS + "; a page about a key holds no word that was said with it",
    "test-key": _KEYS + "; a personal key serves its owner alone",
    "rotate-key": _KEYS + "; a personal key is replaced by its owner alone",
    "switch-key": _KEYS + "; a personal key, too, can be taken out of service",
    "add-keys": _KEYS,
    "mend": "staff is led to what they may see anyway; of the reply it tells nothing",
}
ALLAUTHS = {
    True: "a page on the way in, or out",
    False: "a page about the asker's own account, behind the sign-in",
}
"""Reasons of allauth's own pages: whether strangers see them."""
FORMS = {
    "changelist": _GUARDED,
    "add": _GUARDED + "; what only grows, or is made elsewhere, is not added",
    "change": _GUARDED + "; what only grows is not changed",
    "delete": _GUARDED + "; what only grows, and the site itself, is not deleted",
    "history": _GUARDED,
    "csv": _GUARDED + "; who may see the list may take it away",
}
"""Reasons of the forms that follow from the admin's registry."""


def reason_of(policy: Policy, strangers: bool) -> str:
    """Return why a row is as it is, or "" if no reason is stated."""
    if policy.route in REASONS:
        return REASONS[policy.route]
    if policy.route.startswith(("account_", "mfa_")):
        return ALLAUTHS[strangers]
    return FORMS.get(policy.route.rpartition("_")[2], "") if policy.route.startswith("admin:") else ""
