"""The states of the chat page, each with the way there: what is opened, chosen or begun on it."""

import io
from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Locator, expect

from conversations import markdown
from conversations.files import storage
from conversations.models import Conversation, Message, Team, User
from providers.models import Deployment, Endpoint, LanguageModel
from tests.browser.chat_page import ChatPage
from tests.conversations.calling import say
from tests.conversations.sharing import answer

MODELS = ("claude-opus-4.5", "claude-sonnet-4.5", "deepseek-r1", "deepseek-v3.2", "gemini-3-flash", "gemini-3-pro",
          "gpt-5", "gpt-5-mini", "kimi-k2", "qwen3-235b", "qwen3-max")  # fmt: skip
PATIENCE = 60.0  # seconds, of rendering on a busy machine
QUESTIONS = ("How do two workers share one table of jobs?", "两个进程怎样共用一张任务表？", "And if one of them dies?")
CODE = "".join(f"    total += price[{number}] * count[{number}]  # line {number}\n" for number in range(40))
REPLY = f"""\
# A heading of the reply

Some words with **bold**, *emphasis*, `code`, a [link](https://example.org/a) and a footnote[^1]. 中文和 English 混排，
价格是 3.5 元（约 0.5 美元）。

> A quotation of two lines,
> which ends here.

1. One
   - and one within it
2. Two
- [x] done
- [ ] not done

```python
def price(items):
    total = 0
{CODE}    return total
```

```html
<h1>Hello</h1>
```

| workers | jobs a second | waits | remark |
| --- | ---: | ---: | --- |
| 1 | 410 | 0 % | alone |
| 3 | 1,190 | 2 % | {"long " * 12}|

$$\\int_0^1 \\frac{{x^2}}{{1 + x}}\\,dx = \\ln 2 - \\frac12$$

With $n$ workers the mean wait is below $\\frac{{1}}{{n}}$.

[^1]: What the footnote says.
"""
NOTES = FilePayload(name="notes of the meeting.txt", mimeType="text/plain", buffer=b"What the file says\n")


def furnish(owner: User, team: Team | None) -> Conversation:
    """Create models, a list of conversations, and one that has all that a thread may hold; return that one."""
    endpoint = Endpoint.objects.first()
    made = LanguageModel.objects.bulk_create(LanguageModel(name=name) for name in MODELS)
    Deployment.objects.bulk_create(
        Deployment(
            model=model, endpoint=endpoint, vendor_id=model.name, input_price=2, output_price="8.5", takes_images=True
        )
        for model in made
    )
    now = timezone.now()
    for days, title in enumerate(("Release notes for 2.4", "登录页闪烁", "周报", "Names for the new office")):
        shared = {"team": team} if days % 2 else {}
        Conversation.objects.create(owner=owner, title=title, updated_at=now - timedelta(days=4 * days), **shared)
    conversation = Conversation.objects.create(
        owner=owner, team=team, title="One job, one worker: 一个任务只给一个进程", revision=1
    )
    parent = None
    for number, question in enumerate(QUESTIONS):
        parent = say(conversation, question, author=owner, parent=parent)
        asked = parent
        html = markdown.rendered(REPLY, seconds=PATIENCE)
        parent = answer(conversation, asked, REPLY, model_name="gpt-5", author=owner, html=html)
        if number == 1:
            other = REPLY.replace("bold", "strong")
            parent = answer(conversation, asked, other, model_name="qwen3-max", author=owner, html=html)
    picture = storage.receive(owner, "a chart.png", drawn())
    parent.parts = [*parent.parts, storage.part_of(picture)]
    parent.save()
    parent.files.add(picture)
    question = say(conversation, "Once more, please", author=owner, parent=parent)
    Message.objects.create(
        conversation=conversation, parent=question, role="assistant", author=owner, model_name="gpt-5", revision=1,
        status="failed", error_code="vendor_down", text="It began", parts=[{"kind": "text", "text": "It began"}],
    )  # fmt: skip
    return conversation


def drawn() -> bytes:
    picture = Image.new("RGB", (640, 400), "white")
    for number in range(6):
        ImageDraw.Draw(picture).rectangle((40 + 100 * number, 380 - 50 * number, 100 + 100 * number, 380), "teal")
    drawn = io.BytesIO()
    picture.save(drawn, "PNG")
    return drawn.getvalue()


def drawer(chat: ChatPage) -> None:
    """Bring the list into sight: on a phone it is a drawer."""
    if not chat.page.locator(".sidebar").is_visible():
        chat.page.locator(".chat__menu").click()


def click(chat: ChatPage, selector: str, shown: str) -> None:
    """Click the last of these in sight, and wait for what it shows."""
    chat.page.locator(f"{selector}:visible").last.click()
    expect(chat.page.locator(shown).last).to_be_visible()


def _reply(chat: ChatPage) -> Locator:
    return chat.replies.nth(1)


def nothing(chat: ChatPage) -> None:
    expect(chat.page.locator("html")).to_have_attribute("data-started", "")


def end(chat: ChatPage) -> None:
    expect(chat.messages.last).to_be_in_viewport()


def code(chat: ChatPage) -> None:
    chat.replies.first.locator(".code-block").first.scroll_into_view_if_needed()


def table(chat: ChatPage) -> None:
    chat.replies.first.locator(".table-scroll").scroll_into_view_if_needed()


def picker(chat: ChatPage) -> None:
    click(chat, "[name=pick]", "model-picker")


def picker_of_several(chat: ChatPage) -> None:
    click(chat, "[name=several]", "model-picker")
    chat.picker.get_by_role("option").nth(3).click()


def parameters(chat: ChatPage) -> None:
    click(chat, "[name=tune]", "parameter-panel [name=temperature]")
    chat.panel.locator("summary").first.click()


def palette(chat: ChatPage) -> None:
    chat.page.keyboard.press("Control+k")
    expect(chat.page.locator(".palette__field")).to_be_visible()


def palette_found(chat: ChatPage) -> None:
    palette(chat)
    chat.page.locator(".palette__field").fill("o")


def account_menu(chat: ChatPage) -> None:
    drawer(chat)
    click(chat, ".account", "#account-menu:popover-open")


def shortcuts(chat: ChatPage) -> None:
    account_menu(chat)
    click(chat, ".menu__shortcuts", "dialog.shortcuts")


def the_list(chat: ChatPage) -> None:
    drawer(chat)


def searched(chat: ChatPage) -> None:
    drawer(chat)
    chat.page.locator(".sidebar__search").fill("job")
    expect(chat.page.locator(".rows--found .row").first).to_be_visible()


def nothing_found(chat: ChatPage) -> None:
    drawer(chat)
    chat.page.locator(".sidebar__search").fill("no such words")
    expect(chat.page.locator(".sidebar__nothing")).to_be_visible()


def row_menu(chat: ChatPage) -> None:
    drawer(chat)
    chat.rows.first.hover()
    chat.page.locator(".row__more:visible").first.click()
    expect(chat.page.locator("conversation-menu")).to_be_visible()


def row_renamed(chat: ChatPage) -> None:
    row_menu(chat)
    click(chat, "[data-act=rename]", ".title-field input")


def selection(chat: ChatPage) -> None:
    row_menu(chat)
    click(chat, "[data-act=select]", ".selection__row")


def conversation_menu(chat: ChatPage) -> None:
    click(chat, ".chat__more", "conversation-menu")


def moved(chat: ChatPage) -> None:
    conversation_menu(chat)
    click(chat, "[data-act=move]", "[data-act=move-to]:visible")


def exported(chat: ChatPage) -> None:
    conversation_menu(chat)
    click(chat, "[data-act=export]", "export-menu")


def title(chat: ChatPage) -> None:
    click(chat, ".chat__rename", ".title-field input")


def audience(chat: ChatPage) -> None:
    click(chat, ".chip", "audience-panel .audience__rule")


def share(chat: ChatPage) -> None:
    audience(chat)
    click(chat, "[name=share]", "#share-phrase")


def shared(chat: ChatPage) -> None:
    share(chat)
    click(chat, "share-panel .button--main", ".once__secret")


def outline(chat: ChatPage) -> None:
    click(chat, ".chat__outline", "thread-outline")


def message_menu(chat: ChatPage) -> None:
    _reply(chat).scroll_into_view_if_needed()
    _reply(chat).hover()
    _reply(chat).locator("[data-act=more]").click()
    expect(chat.page.locator("message-menu")).to_be_visible()


def details(chat: ChatPage) -> None:
    message_menu(chat)
    click(chat, "[data-act=details]", "#reply-details dl")


def verifying(chat: ChatPage) -> None:
    message_menu(chat)
    click(chat, "[data-act=verify]", "verify-panel [name=note]")


def remarking(chat: ChatPage) -> None:
    message_menu(chat)
    click(chat, "[data-act=remark]", ".remark--form textarea")


def edit(chat: ChatPage) -> None:
    chat.questions.last.hover()
    chat.questions.last.locator("[data-act=edit]").click()
    expect(chat.page.locator("message-editor textarea")).to_be_visible()


def whole_page(chat: ChatPage) -> None:
    chat.text.fill("A long text, line by line.\n" * 12)
    click(chat, "[name=expand]", "#composer-text")


def files(chat: ChatPage) -> None:
    chat.attach(NOTES, FilePayload(name="a chart.png", mimeType="image/png", buffer=drawn()))
    chat.uploaded(2)


def preview(chat: ChatPage) -> None:
    click(chat, "chat-message:nth-of-type(2) [data-tool=preview]", "iframe")


def viewer(chat: ChatPage) -> None:
    chat.page.locator("a.picture").last.scroll_into_view_if_needed()
    click(chat, "a.picture", ".viewer")


def offline(chat: ChatPage) -> None:
    chat.watch.expect("net::ERR_", "WebSocket")
    chat.page.context.set_offline(True)
    chat.page.evaluate("dispatchEvent(new Event('offline'))")
    chat.text.fill("Without a connection")
    chat.page.keyboard.press("Control+Enter")


State = Callable[[ChatPage], None]
ON_START: tuple[State, ...] = (nothing, picker)
ON_THREAD: tuple[State, ...] = (
    end, code, table, picker, picker_of_several, parameters, palette, palette_found, account_menu, shortcuts, the_list,
    searched, nothing_found, row_menu, row_renamed, selection, conversation_menu, moved, exported, title, audience,
    share, shared, outline, message_menu, details, verifying, remarking, edit, whole_page, files, preview, viewer,
)  # fmt: skip
"""The states of the chat page, on a new conversation and on one that goes on."""
