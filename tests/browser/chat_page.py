"""The chat page as a person sees it."""

import base64
import json
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.browser.page_scripts import HAND_OVER, KEEP_MARKS
from tests.browser.watch import Watch


class ChatPage:
    """One tab; its locators are evaluated again at each use."""

    def __init__(self, page: Page, site: str, watch: Watch) -> None:
        self.page, self.site, self.watch = page, site, watch
        self.text = page.locator("#composer-text")
        self.send_button = page.locator("button[name=send]")
        self.stop_button = page.locator("button[name=stop]")
        self.notice = page.locator(".composer__notice")
        self.tune_button = page.locator("button[name=tune]")
        self.search_button = page.locator("button[name=search]")
        self.panel = page.locator("parameter-panel dialog")
        self.model_button = page.locator("button[name=pick]")
        self.picker = page.locator("model-picker")
        self.attached = page.locator(".tray__file")
        self.tray_notice = page.locator(".tray__notice")
        self.messages = page.locator("chat-message")
        self.questions = page.locator("chat-message[data-role=user]")
        self.replies = page.locator("chat-message[data-role=assistant]")
        self.rows = page.locator(".row")
        self.connection = page.locator("connection-status")

    def open(self, path: str = "/") -> "ChatPage":
        self.page.goto(self.site + path)
        return self

    def keep_marks(self) -> "ChatPage":
        """Let the mark of a hit stay, here and in pages that this one leads to."""
        self.page.add_init_script(KEEP_MARKS)
        self.page.evaluate(KEEP_MARKS)
        return self

    def send(self, text: str) -> None:
        """Write the text and press Enter."""
        self.text.fill(text)
        self.text.press("Enter")

    def ask(self, text: str) -> Locator:
        """Send the text, wait for the whole reply and return it."""
        number = self.replies.count()
        self.send(text)
        return self.ended(self.replies.nth(number))

    def choose_model(self, name: str) -> None:
        """Choose the model of the next question."""
        self.model_button.click()
        self.picker.get_by_role("option", name=name, exact=True).click()
        expect(self.picker).to_be_hidden()

    def attach(self, *files: FilePayload) -> None:
        """Choose these files with the button."""
        with self.page.expect_file_chooser() as chooser:
            self.page.locator("button[name=attach]").click()
        chooser.value.set_files(list(files))

    def uploaded(self, count: int) -> None:
        """Wait until `count` files have reached the server."""
        expect(self.attached).to_have_count(count)
        expect(self.attached.locator("progress:visible")).to_have_count(0)

    def hand_over(self, kind: str, target: str, *files: FilePayload, text: str = "") -> bool:
        """Drop or paste these files onto an element, by the events of a browser.

        Returns whether the page leaves them to the browser.

        Zeros at a file's end are made in the page: megabytes would take seconds to get there.
        """
        contents = [(file, file["buffer"].rstrip(b"\0")) for file in files]
        given = [
            {**file, "buffer": base64.b64encode(start).decode(), "zeros": len(file["buffer"]) - len(start)}
            for file, start in contents
        ]
        return bool(self.page.locator(target).evaluate(HAND_OVER, [kind, given, text]))

    def ended(self, reply: Locator, status: str = "complete") -> Locator:
        """Wait until the reply has this status, and return it."""
        expect(reply).to_have_attribute("data-status", status)
        return reply

    def words(self, message: Locator) -> str:
        """Return the message's text. Hidden text has no `innerText` because it is not laid out."""
        return "".join(message.locator(".message__text").all_text_contents()).strip()

    def wake(self) -> None:
        """Fire the browser's event that the network is back: the page then reconnects at once."""
        self.page.evaluate("dispatchEvent(new Event('online'))")

    def note(self, reply: Locator) -> Locator:
        """Return the page's note about a reply."""
        return reply.locator(".message__note")

    def commands(self, kind: str) -> list[dict[str, Any]]:
        """Return the commands of this type that the page has sent, oldest first."""
        return [command for command in map(json.loads, self.watch.frames_sent) if command["type"] == kind]

    @property
    def path(self) -> str:
        return self.page.url.removeprefix(self.site)

    def scrolls_sideways(self) -> bool:
        """Return whether the page, once it has all its files, is wider than the window."""
        self.page.wait_for_load_state("load")
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def wait_until_begun(self) -> str:
        """Wait until the conversation has an address, and return it."""
        self.page.wait_for_url("**/conversations/*/")
        return self.path
