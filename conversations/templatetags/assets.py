"""Template tags for the page's own scripts and icons."""

from functools import cache, lru_cache

from django import template
from django.contrib.staticfiles.storage import staticfiles_storage
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

_SHEETS = ("css/site.css", "css/pages.css")


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
