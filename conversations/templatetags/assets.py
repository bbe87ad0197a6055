"""Template tags for the page's own scripts and icons."""

import json
import re
from functools import lru_cache

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_SHEETS = ("css/site.css", "css/pages.css")
_MODULE = re.compile(r"js/\w+/")  # scripts beside these folders are imported by none


@register.simple_tag(takes_context=True)
def importmap(context: template.Context) -> str:
    """Return the import map from plain addresses of modules, used in relative imports, to those with hashed names.

    It is empty while the names are not hashed (DEBUG). Source: WHATWG HTML, import maps.
    """
    names = [name for name in getattr(staticfiles_storage, "hashed_files", {}) if _MODULE.match(name)]
    addresses = {f"{settings.STATIC_URL}{name}": staticfiles_storage.url(name) for name in sorted(names)}
    hashed = {plain: address for plain, address in addresses.items() if plain != address}
    if not hashed:
        return ""
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>', context["request"].csp_nonce, _json({"imports": hashed})
    )


@register.simple_tag
def style_sheet() -> SafeString:
    """Return the site's style sheets, for a page that is a file of its own."""
    return _sheets_at(*map(staticfiles_storage.url, _SHEETS))


@register.inclusion_tag("_icon.html")
def icon(name: str, extra_class: str = "") -> dict[str, str]:
    """Draw this icon of `_icons.html`; the words for it stand beside it."""
    return {"name": name, "extra_class": extra_class}


@lru_cache(maxsize=1)
def _sheets_at(*_addresses: str) -> SafeString:
    """Return the style sheets, read once for each of their addresses, which change with them."""
    return mark_safe("".join(map(_read, _SHEETS)).replace("</", "<\\/"))  # noqa: S308 (our own files)


def _read(name: str) -> str:
    with staticfiles_storage.open(name) as sheet:
        text: str = sheet.read().decode()
    return text


def _json(value: object) -> SafeString:
    """Return JSON in which no file name can end the script element."""
    return mark_safe(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S308
