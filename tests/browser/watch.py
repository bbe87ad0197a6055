"""The record of a browser's activity: its requests, its frames and its complaints."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Error, Page, Request, WebSocket

from tests.conftest import CANARY
from tests.sent import sent

# Chromium's own words for a missing connection, which some tests cause.
NO_NETWORK = (
    r"WebSocket connection to .* failed|net::ERR_(INTERNET_DISCONNECTED|CONNECTION|SOCKET|EMPTY_RESPONSE|INCOMPLETE)"
)
# Chromium's words for a page that was left at once.
LEFT_EARLY = r"WebSocket is closed before the connection is established"


class Watch:
    """The watch of a browser context during one test.

    `verdict` closes the context's pages and fails for everything that no page of ours may do.
    """

    def __init__(self, context: BrowserContext, site: str) -> None:
        self.pages: list[Page] = []
        self.requests: list[Request] = []
        self.frames_sent: list[str] = []
        self.frames_heard: list[str] = []
        self.expected = [LEFT_EARLY]
        self._context = context
        self._origins = (f"{site}/", f"ws{site.removeprefix('http')}/", "data:", "blob:")
        self._complaints: list[str] = []
        self._notes: dict[str, Callable[[Any], None]] = {
            "request": self._note_request,
            "console": self._note_console,
            "weberror": lambda error: self._complaints.append(f"page error: {error.error}"),
            "dialog": self._note_dialog,
            "page": self._note_page,
        }
        for event, note in self._notes.items():
            context.on(event, note)  # type: ignore[call-overload]
        sent.forget()

    def expect(self, *complaints: str) -> None:
        """Allow these complaints of the console (regular expressions), which this test causes."""
        self.expected += complaints

    def verdict(self) -> None:
        left = "".join(self._remains(page) for page in self.pages)
        for page in list(self.pages):
            page.close()
        for event, note in self._notes.items():
            self._context.remove_listener(event, note)
        made = [request.url for request in self.requests if request.failure != "csp"]
        foreign = [url for url in made if not url.startswith(self._origins)]
        complaints = [text for text in self._complaints if not any(re.search(known, text) for known in self.expected)]
        assert not complaints, f"the browser complained: {complaints}"
        assert not foreign, f"requests to other places: {foreign}"
        assert CANARY not in left, "the vendor's key is in a page or in its storage"
        assert not any(CANARY in frame for frame in self.frames_heard), "the vendor's key went over the websocket"
        assert not sent.with_the_key, "the vendor's key is in a response"

    def _remains(self, page: Page) -> str:
        try:
            return page.content() + page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
        except Error:  # the page stayed at about:blank
            return ""

    def _note_request(self, request: Request) -> None:
        self.requests.append(request)
        if "/api/v1/events" in request.url:  # commands go so where no websocket gets through
            self.frames_sent += [line for line in (request.post_data or "").split("\n") if line]

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _note_dialog(self, dialog: Dialog) -> None:
        self._complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _note_page(self, page: Page) -> None:
        self.pages.append(page)
        page.on("close", lambda page: self.pages.remove(page))
        page.on("websocket", self._note_socket)

    def _note_socket(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda frame: self.frames_sent.append(str(frame)))
        socket.on("framereceived", lambda frame: self.frames_heard.append(str(frame)))
