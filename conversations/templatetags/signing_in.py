"""Tags and filters for the pages of an account: a browser's name, a QR code, whether passkeys can be made."""

from dataclasses import dataclass

from django import template

from conversations.accounts.second_factor import takes_passkeys

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))


_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)  # fmt: skip


def browser_of(user_agent: str) -> str:
    """Return a name such as “Firefox · Linux”, or the user agent's beginning if neither is known."""
    known = (next((name for mark, name in names if mark in user_agent), "") for names in (_BROWSERS, _SYSTEMS))
    return " · ".join(filter(None, known)) or user_agent[:60]


register = template.Library()
register.filter("browser", browser_of)


@register.simple_tag(takes_context=True)
def passkeys_work(context: template.Context) -> bool:
    """Return whether browsers make and use passkeys at the address of this page."""
    return takes_passkeys(context["request"])


@dataclass(frozen=True, slots=True)
class Square:
    """A QR code: its width in dots, and the outline of the dark ones as an SVG path."""

    size: int
    path: str


@register.filter
def qr_code(text: str) -> Square:
    """Return the QR code for a template to draw: our policy forbids pictures from a page's own text."""
    import qrcode  # loads all of Pillow, which only the set-up of a second factor needs

    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dots = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return Square(len(rows), "".join(dots))
