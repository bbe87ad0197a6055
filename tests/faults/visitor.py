"""A person who does everything that people do in a chat, one act after the other, until told to stop."""

import itertools
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import requests

from tests.faults.notes import PATIENCE, UNDER_WAY
from tests.faults.page import Page
from tests.faults.real_site import RealSite

CSRF = "c" * 32
LONGEST = 40
"""Messages after which a new conversation is begun."""
_LINK = re.compile(r"/s/[\w-]+/")


class Visitor:
    """A person who writes, stops, retries, rewords, uploads, searches, shares, watches and reloads.

    `pages` are all windows that this person ever had, `page` is the present one. `answers` counts the site's answers
    over HTTP, and `away` the calls without one. `places` are the conversations of the team, which others watch.
    """

    def __init__(
        self, site: RealSite, person: str, luck: random.Random, numbers: "itertools.count[int]", places: list[str]
    ) -> None:
        self.person, self.pages = person, list[Page]()
        self.answers: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self._site, self._luck, self._numbers, self._places = site, luck, numbers, places
        self._over = threading.Event()
        self._watching: Page | None = None
        self._browser = requests.Session()
        self._browser.trust_env = False
        self._browser.cookies.update({"sessionid": site.session(person), "csrftoken": CSRF})
        self._browser.headers["X-CSRFToken"] = CSRF
        self.page = self._open()
        self._thread = threading.Thread(target=self._live, name=f"life of {person}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def tell_to_stop(self) -> None:
        """Let the person begin no further act."""
        self._over.set()

    def join(self) -> None:
        """Wait until no further act begins."""
        self._thread.join(PATIENCE)

    def leave(self) -> None:
        for page in self.present:
            page.leave()
        self._browser.close()

    @property
    def present(self) -> list[Page]:
        return [page for page in (self.page, self._watching) if page is not None]

    # --- One life ---

    def _live(self) -> None:
        ways: Sequence[tuple[Callable[[], object], int]] = (
            (self._say, 10), (self._stop_one, 2), (self._retry, 2), (self._reword, 2), (self._upload, 1),
            (self._search, 2), (self._share, 1), (self._watch, 1), (self._reload, 1),
        )  # fmt: skip
        acts, weights = zip(*ways, strict=True)
        while not self._over.wait(self._luck.uniform(0.05, 0.5)):
            [act] = self._luck.choices(acts, weights)
            self.done[act.__name__] += 1
            act()

    def _open(self, conversation: str = "") -> Page:
        page = self._site.page(self.person, conversation)
        self.pages.append(page)
        return page

    def _replies(self, *statuses: str) -> list[str]:
        """Return the replies of the present window in these states.

        A reply is a message that is not a question of this window.
        """
        asked = {sending.answer["message"] for sending in self.page.sendings if sending.is_acked and sending.answer}
        shown = dict(self.page.messages)
        return [key for key, message in shown.items() if message.status in statuses and key not in asked]

    def _say(self, files: Sequence[str] = ()) -> None:
        if len(self._replies(*UNDER_WAY)) >= 3 or sum(not one.answered.is_set() for one in self.page.sendings) > 2:
            return
        where = {"team": self._site.team} if not self.page.conversation and self._luck.random() < 0.5 else {}
        parent = {"parent": None} if self.page.conversation and self._luck.random() < 0.5 else {}
        text = f"{self.person} asks {next(self._numbers)}"
        self.page.say(text, models=[self._site.model], files=list(files), **where, **parent)
        if where:
            sending = self.page.sendings[-1]
            if sending.answered.wait(5) and sending.is_acked and sending.answer:
                self._places.append(sending.answer["conversation"])

    def _stop_one(self) -> None:
        if running := self._replies(*UNDER_WAY):
            self.page.do("reply.stop", message=self._luck.choice(running))

    def _retry(self) -> None:
        if ended := self._replies("stopped", "interrupted", "failed"):
            self.page.do("reply.retry", message=self._luck.choice(ended), models=[self._site.model])

    def _reword(self) -> None:
        asked = [sending.answer for sending in self.page.sendings if sending.is_acked]
        if asked and len(self._replies(*UNDER_WAY)) < 3:
            question = self._luck.choice(asked)
            assert question
            self.page.do(
                "message.edit", message=question["message"], text=f"{self.person} rewords {next(self._numbers)}"
            )

    def _upload(self) -> None:
        made = self._ask("POST", "/api/v1/files", files={"file": ("notes.txt", b"what is in the file\n" * 50)})
        if made is not None and made.status_code == 201:
            self._say([made.json()["id"]])

    def _search(self) -> None:
        self._ask("GET", f"/api/v1/conversations?q={self.person} asks {self._luck.randrange(50)}")

    def _share(self) -> None:
        if not (self.page.conversation and (ended := self._replies("complete"))):
            return
        fields = {"message": self._luck.choice(ended), "days": "1"}
        made = self._ask("POST", f"/conversations/{self.page.conversation}/share/", data=fields)
        if made is not None and (link := _LINK.search(made.text)):
            self._ask("GET", link[0])

    def _watch(self) -> None:
        if self._watching is not None:
            self._watching.leave()
            self._watching = None
        elif self._places:
            self._watching = self._open(self._luck.choice(self._places[-3:]))

    def _reload(self) -> None:
        """Open a new window, on the same conversation as long as it is short."""
        conversation = self.page.conversation if len(self.page.messages) < LONGEST else ""
        self.page.leave()
        self._ask("GET", f"/conversations/{conversation}/" if conversation else "/")
        self.page = self._open(conversation)

    def _ask(self, method: str, path: str, **body: object) -> requests.Response | None:
        try:
            answer = self._browser.request(method, self._site.address + path, timeout=PATIENCE, **body)  # type: ignore[arg-type]
        except requests.RequestException:
            self.answers["away"] += 1
            return None
        self.answers[f"{answer.status_code} {method} {urlsplit(path).path.split('/')[1]}"] += 1
        return answer
