"""Template tags for the page's own scripts and icons."""

import json
import re
from functools import cache, lru_cache

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

_SHEETS = ("css/site.css", "css/pages.css")
_MODULE = re.compile(r"js/\w+/")  # scripts beside these folders are imported by none


@register.simple_tag(takes_context=True)
def importmap(context: template.Context) -> str:
    """Return the import map from plain addresses of modules, used in relative imports, to those with hashed names.

    It is empty while the names are not hashed (DEBUG). Source: WHATWG HTML, import maps.
    """
    hashed = _hashed_modules(getattr(staticfiles_storage, "manifest_hash", ""), settings.DEBUG)
    if not hashed:
        return ""
    return format_html('<script type="importmap" nonce="{}">{}</script>', context["request"].csp_nonce, hashed)


@register.simple_tag
def style_sheet() -> SafeString:
    """Return the site's style sheets, for a page that is a file of its own."""
    return _sheets_at(*map(staticfiles_storage.url, _SHEETS))


@register.simple_tag
@cache
def icon(name: str, extra_class: str = "") -> SafeString:
    """Draw this icon of `_icons.html`; the words for it stand beside it."""
    look = f"icon {extra_class}".rstrip()
    return format_html('<svg class="{}" aria-hidden="true"><use href="#icon-{}"/></svg>', look, name)


@register.simple_tag
def constant(name: str) -> SafeString:
    """Include a template that depends on the language alone. It is rendered once in each."""
    return _constant(name, get_language())


@lru_cache(maxsize=1)
def _hashed_modules(_version: str, _is_plain: bool) -> SafeString | None:
    """Return the JSON of an import map, made once for each version of the collected files."""
    names = [name for name in getattr(staticfiles_storage, "hashed_files", {}) if _MODULE.match(name)]
    addresses = {f"{settings.STATIC_URL}{name}": staticfiles_storage.url(name) for name in sorted(names)}
    hashed = {plain: address for plain, address in addresses.items() if plain != address}
    return _json({"imports": hashed}) if hashed else None


@cache
def _constant(name: str, _language: str | None) -> SafeString:
    return mark_safe(render_to_string(name))  # noqa: S308 (our own template)


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
