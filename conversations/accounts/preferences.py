"""Language and look of a page: the person's choice, else the last one in this browser."""

from dataclasses import dataclass, replace

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from conversations.models import User

_YEAR = 365 * 86400  # seconds
LOOK_COOKIE = "__Host-appearance" if settings.SESSION_COOKIE_SECURE else "appearance"
PAGE_COLORS = {"light": "#fdfefd", "dark": "#131816"}
"""Colors of the frame that a browser draws around the page: `--paper` of `static/css/colors.css`."""
_SCHEMES = {"system": "light dark", "light": "light", "dark": "dark"}


@dataclass(frozen=True)
class Look:
    """A theme and a size of text, as the page's root element carries them."""

    theme: str = User.Theme.SYSTEM.value
    text_size: str = User.TextSize.NORMAL.value

    @property
    def scheme(self) -> str:
        """Return the color schemes that the page may have, in the words of CSS."""
        return _SCHEMES[self.theme]

    @property
    def page_colors(self) -> list[tuple[str, str]]:
        """Return each color of the browser's frame with the media in which it is wanted."""
        return [(color, self._media_of(theme)) for theme, color in PAGE_COLORS.items()]

    def _media_of(self, theme: str) -> str:
        if self.theme == User.Theme.SYSTEM:
            return f"(prefers-color-scheme: {theme})"
        return "all" if self.theme == theme else "not all"

    def changed(self, theme: str, text_size: str) -> "Look":
        """Return this look with another theme or size; an unknown one changes nothing."""
        wanted = {"theme": theme} if theme in User.Theme else {}
        return replace(self, **wanted, **({"text_size": text_size} if text_size in User.TextSize else {}))


def look_of(request: HttpRequest) -> Look:
    """Return the look of the signed-in person, else that of the cookie."""
    person = request.user
    return Look(person.theme, person.text_size) if isinstance(person, User) else look_of_cookie(request)


def look_of_cookie(request: HttpRequest) -> Look:
    """Return the look that the cookie names; reads neither session nor database."""
    theme, _, text_size = request.COOKIES.get(LOOK_COOKIE, "").partition(".")
    return Look().changed(theme, text_size)


def remember_look(response: HttpResponse, look: Look) -> None:
    """Store a look in a cookie for a year: pages before the sign-in and those of errors follow it."""
    _remember(response, LOOK_COOKIE, f"{look.theme}.{look.text_size}")


def remember_language(response: HttpResponse, language: str) -> None:
    """Store a visitor's language in a cookie for a year."""
    _remember(response, settings.LANGUAGE_COOKIE_NAME, language)


def is_language(name: str) -> bool:
    return name in dict(settings.LANGUAGES)


def _remember(response: HttpResponse, cookie: str, choice: str) -> None:
    response.set_cookie(cookie, choice, max_age=_YEAR, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
