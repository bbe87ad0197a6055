"""Template tags for the page's own scripts and icons."""

import json
import posixpath
import re
from functools import cache

from django import template
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

register = template.Library()
_IMPORTED_AT_FIRST = re.compile(r'^import (?:.* from )?"(\.[^"]+)";$', re.MULTILINE)


@register.simple_tag(takes_context=True)
def importmap(context: template.Context) -> str:
    """Return the import map from plain script addresses, used in relative imports, to those with hashed names.

    It is empty while the names are not hashed (DEBUG). Source: WHATWG HTML, import maps.
    """
    hashed = _hashed_scripts()
    if not hashed:
        return ""
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>', context["request"].csp_nonce, _json({"imports": hashed})
    )


@register.inclusion_tag("_preloads.html")
def preloads(script: str) -> dict[str, list[str]]:
    """Name what this script imports at first, so that it comes at once instead of import by import.

    They are none while the names are not hashed (DEBUG). Source: WHATWG HTML, link type "modulepreload".
    """
    imported = _imported_at_first(script) if _hashed_scripts() else ()
    return {"addresses": [staticfiles_storage.url(name) for name in imported]}


@register.inclusion_tag("_icon.html")
def icon(name: str, extra_class: str = "") -> dict[str, str]:
    """Draw this icon of `_icons.html`; the words for it stand beside it."""
    return {"name": name, "extra_class": extra_class}


def _hashed_scripts() -> dict[str, str]:
    names = [name for name in getattr(staticfiles_storage, "hashed_files", {}) if name.startswith("js/")]
    addresses = {f"{settings.STATIC_URL}{name}": staticfiles_storage.url(name) for name in sorted(names)}
    return {plain: hashed for plain, hashed in addresses.items() if plain != hashed}


@cache
def _imported_at_first(script: str) -> tuple[str, ...]:
    """Return the scripts that this one needs before it runs, those nearest to it first."""
    found = [script]
    for name in found:
        with staticfiles_storage.open(name) as file:
            imports = _IMPORTED_AT_FIRST.findall(file.read().decode())
        addresses = (posixpath.normpath(posixpath.join(posixpath.dirname(name), relative)) for relative in imports)
        found += [address for address in addresses if address not in found]
    return tuple(found[1:])


def _json(value: object) -> SafeString:
    """Return JSON in which no file name can end the script element."""
    return mark_safe(json.dumps(value, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S308
