"""The record of a browser's activity: its requests, its frames and its complaints."""

import json
import re
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Error, Page, Request, WebSocket

from tests.conftest import CANARY

# Chromium's own words for a missing connection, which some tests cause.
NO_NETWORK = r"WebSocket connection to .* failed|net::ERR_(INTERNET_DISCONNECTED|CONNECTION|SOCKET|EMPTY_RESPONSE)"
# Chromium's words for a page that was left at once.
LEFT_EARLY = r"WebSocket is closed before the connection is established"


class Watch:
    """The watch of a browser context from its creation on.

    `verdict` closes the context and fails for everything that no page of ours may do.
    """

    def __init__(self, context: BrowserContext, site: str, archive: Path) -> None:
        self.requests: list[Request] = []
        self.frames_sent: list[str] = []
        self.frames_heard: list[str] = []
        self.expected = [LEFT_EARLY]
        self._context, self._archive = context, archive
        self._origins = (f"{site}/", f"ws{site.removeprefix('http')}/", "data:", "blob:")
        self._complaints: list[str] = []
        context.on("request", lambda request: self.requests.append(request))
        context.on("console", self._note_console)
        context.on("weberror", lambda error: self._complaints.append(f"page error: {error.error}"))
        context.on("dialog", self._note_dialog)
        context.on("page", self._note_page)

    def expect(self, *complaints: str) -> None:
        """Allow these complaints of the console (regular expressions), which this test causes."""
        self.expected += complaints

    def verdict(self) -> None:
        left = "".join(self._remains(page) for page in self._context.pages)
        self._context.close()
        foreign = [request.url for request in self.requests if not request.url.startswith(self._origins)]
        complaints = [text for text in self._complaints if not any(re.search(known, text) for known in self.expected)]
        assert not complaints, f"the browser complained: {complaints}"
        assert not foreign, f"requests to other places: {foreign}"
        assert CANARY not in left, "the vendor's key is in a page or in its storage"
        assert not any(CANARY in frame for frame in self.frames_heard), "the vendor's key went over the websocket"
        assert not any(CANARY in body for body in self.bodies()), "the vendor's key is in a response"

    def _remains(self, page: Page) -> str:
        try:
            return page.content() + page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        except Error:  # the page stayed at about:blank
            return ""

    def bodies(self) -> list[str]:
        """Return the bodies of all responses of the closed context."""
        entries = json.loads(self._archive.read_text("utf-8"))["log"]["entries"]
        return [entry["response"]["content"].get("text", "") for entry in entries]

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _note_dialog(self, dialog: Dialog) -> None:
        self._complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_page(self, page: Page) -> None:
        page.on("websocket", self._note_socket)

    def _note_socket(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self.frames_sent.append(str(frame)))
        socket.on("framereceived", lambda frame: self.frames_heard.append(str(frame)))
