"""Browser contexts that tests use in turn; each is empty but for its cache, which keeps the site's files."""

from collections import defaultdict

from playwright.sync_api import Browser, BrowserContext

PATIENCE = 15_000  # milliseconds


class Contexts:
    """The idle contexts by the options of their creation."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: defaultdict[str, list[BrowserContext]] = defaultdict(list)
        self._taken: dict[BrowserContext, tuple[str, str, bool]] = {}

    def take(self, site: str, *, new: bool, **options: object) -> BrowserContext:
        """Return a context with these options for pages of SITE; a `new` one is for one test alone."""
        kind = repr(sorted(options.items()))
        context = None if new else next(iter(self._idle[kind]), None)
        if context is None:
            context = self._browser.new_context(**{"locale": "en-US", **options})  # type: ignore[arg-type]
            context.set_default_timeout(PATIENCE)
            context.new_page()  # stays open: only a page can ask for its storage to be cleared
        else:
            self._idle[kind].remove(context)
        self._taken[context] = (kind, site, new)
        return context

    def give_back(self, context: BrowserContext) -> None:
        """Clear the cookies, storage and routes of a context whose pages are closed, and keep it for the next test.

        A clock that a test has replaced stays so for every later page of its context.
        """
        kind, site, is_for_one = self._taken.pop(context)
        [page] = context.pages
        if is_for_one or page.evaluate("'__pwClock' in globalThis"):
            context.close()
            return
        session = context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": site, "storageTypes": "all"})
        session.detach()
        context.clear_cookies()
        context.unroute_all()
        context.set_offline(False)
        self._idle[kind].append(context)
