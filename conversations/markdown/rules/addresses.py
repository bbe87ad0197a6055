"""Bare addresses as links: of the web whole, however they are written, and of mail."""

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_ALLOWED_LINK = re.compile(r"https?://[^/\\\s]|mailto:[^/\\\s]", re.IGNORECASE)

# In Chinese, Japanese and Korean the sentence continues after an address without a space. So their letters belong to an
# address only behind one of these characters, not behind the host's slash, and not where such a word begins.
_EAST_ASIAN = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_THEIRS = rf"(?=[{_EAST_ASIAN}])\w"
_SENTENCE = "即可|就[可能行会]|可以|查看|来[查看访获]"
_OTHERS = rf"(?![{_EAST_ASIAN}])[^\W\x00-\x7f]"
_ASCII = r"[A-Za-z0-9\-._~:/?#\[\]@!$&()*+,;=%]|\\[_*~#&+-]"
_LABEL = rf"(?:[A-Za-z0-9-]|{_OTHERS})+"
_HOST = (
    rf"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~%!$&*+,;=:]{{1,100}}@{_LABEL}(?:\.{_LABEL})*"
    rf"|{_LABEL}(?:[._]{_LABEL})*|(?:{_THEIRS})+(?:\.(?:(?:{_THEIRS})+|{_LABEL}))+)(?::\d{{1,5}})?"
)
_REST = rf"(?:{_ASCII}|{_OTHERS}|(?<=[/=_#&+\-])(?!{_SENTENCE})(?:{_THEIRS})+){{0,2000}}"
_BEGIN = re.compile(r"(?<![A-Za-z0-9])(?:https?://|www\.(?=[A-Za-z0-9]))", re.IGNORECASE)
_ADDRESS = re.compile(rf"(?:https?://|(?=www\.)){_HOST}(?:/(?={_THEIRS})|[/?#]{_REST})?", re.IGNORECASE)
_WITH_TWO_DOTS = re.compile(r"www\.[A-Za-z0-9-]+\.[A-Za-z0-9]", re.IGNORECASE)
_ENDED_BY = re.compile(r"\*\*|~~|[,;|](?=https?://)", re.IGNORECASE)
_NAME_IN_BARS = re.compile(r"(?<![^/.])__\w*[^\W_]__$")
# The characters at which other rules begin, and addresses.
_NO_TEXT = re.compile(rf"[\n!#$%&*+\-:<=>@\[\\\]^_`{{}}~]|{_BEGIN.pattern}", re.IGNORECASE)

_LOCAL_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._%+-]{0,62}[A-Za-z0-9_+-])?"
_DOMAIN = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}"
# No place of a copy (`git@host:path`), no file for a screen of twice the density (`icon@2x.png`).
_MAIL = re.compile(
    rf"(?<![A-Za-z0-9._%+@/:-]){_LOCAL_PART}@(?!\dx\.){_DOMAIN}(?![A-Za-z0-9_@/-]|:[^\s:]|\.[A-Za-z0-9])"
)


def add_addresses(md: MarkdownIt) -> None:
    """Add bare addresses to the parser, as `link_open` tokens."""
    md.inline.ruler.at("text", _text_rule)
    md.inline.ruler.before("text", "bare_link", _bare_link)
    md.core.ruler.push("bare_mail", _bare_mail)


def is_link_allowed(address: str) -> bool:
    """Return whether a link may lead to this address: absolute web and mail addresses only."""
    return bool(_ALLOWED_LINK.match(address))


def _text_rule(state: StateInline, silent: bool) -> bool:
    """Take text up to the next character at which another rule may begin."""
    found = _NO_TEXT.search(state.src, state.pos, state.posMax)
    end = found.start() if found else state.posMax
    if end == state.pos:
        return False
    if not silent:
        state.pending += state.src[state.pos : end]
    state.pos = end
    return True


def _bare_link(state: StateInline, silent: bool) -> bool:
    """Take an address before other rules see the bars, stars and dollars in it."""
    if state.src[state.pos] not in "hHwW" or not _BEGIN.match(state.src, state.pos, state.posMax):
        return False
    written = _written(state.src, state.pos, state.posMax)
    address = unescapeAll(written)
    target = address if "://" in address[:8] else f"https://{address}"
    if not written or not is_link_allowed(target):
        return False
    state.pos += len(written)
    if silent:
        return True
    if state.linkLevel:
        state.pending += address
    else:
        state.push("link_open", "a", 1).attrs = {"href": target}
        state.tokens[-1].info = "auto"
        state.push("text", "", 0).content = address
        state.push("link_close", "a", -1).info = "auto"
    return True


def _written(src: str, begin: int, end: int) -> str:
    """Return the address that begins here as it was written, or an empty text."""
    match = _ADDRESS.match(src, begin, end)
    if not match:
        return ""
    address = match[0]
    if ended := _ENDED_BY.search(address):
        address = address[: ended.start()]
    address = _without_sentence_end(_up_to_foreign_bracket(address))
    return address if "://" in address[:8] or _WITH_TWO_DOTS.match(address) else ""


def _up_to_foreign_bracket(address: str) -> str:
    """Leave out what follows a bracket that was opened before the address."""
    opened: list[str] = []
    for at, character in enumerate(address):
        if character in "([":
            opened.append(character)
        elif character in ")]" and (not opened or opened.pop() != ("(" if character == ")" else "[")):
            return address[:at]
    return address


def _without_sentence_end(address: str) -> str:
    """Leave out the end of the sentence around an address: its stops, brackets and marks."""
    while address and (address[-1] in ".,;:!?*~([\\" or (address[-1] == "_" and not _NAME_IN_BARS.search(address))):
        address = address[:-1]
    return address


def _bare_mail(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.children and "@" in token.content:
            token.children = list(_with_mail(token.children))


def _with_mail(children: list[Token]) -> Iterator[Token]:
    links = 0
    for child in children:
        links += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type == "text" and not links and "@" in child.content:
            yield from _mail_linked(child.content, child.level)
        else:
            yield child


def _mail_linked(text: str, level: int) -> Iterator[Token]:
    position = 0
    for match in _MAIL.finditer(text):
        yield _text(text[position : match.start()], level)
        yield Token("link_open", "a", 1, attrs={"href": f"mailto:{match[0]}"}, info="auto", level=level)
        yield _text(match[0], level + 1)
        yield Token("link_close", "a", -1, info="auto", level=level)
        position = match.end()
    yield _text(text[position:], level)


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)
