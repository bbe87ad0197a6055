"""HTML as a browser sees it, and the check that it holds nothing harmful."""

import re
from html.parser import HTMLParser

HTML_TAGS = (
    "p br hr h1 h2 h3 h4 h5 h6 strong em s code pre blockquote ul ol li a table thead tbody tr th td div span sup sub u"
    " kbd mark small details summary"
)
MATH_TAGS = (
    "math mrow mi mn mo ms mtext mspace msub msup msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd "
    "mstyle mpadded mphantom menclose"
)
FORBIDDEN_IN_MATH = {"href", "style", "class", "id", "name", "src", "xlink:href", "actiontype"}
HTML_ATTRIBUTES = {
    "class",
    "href",
    "title",
    "target",
    "rel",
    "start",
    "data-language",
    "role",
    "aria-checked",
    "aria-disabled",
    "aria-label",
    "dir",
    "tabindex",
    "open",
}
CLASSES = (
    "code-block code-block__bar code-block__language highlight table-scroll math-block math-error image-chip"
    " task-list-item task-box footnote plain-text align-left align-right align-center"
)


class Page(HTMLParser):
    """The elements of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.other: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def assert_harmless(html: str) -> None:
    page = Page(html)
    assert not page.other
    for tag, attributes in page.elements:
        if tag in MATH_TAGS.split():
            assert not FORBIDDEN_IN_MATH & attributes.keys()
            assert not [name for name in attributes if name.startswith("on")]
        else:
            assert tag in HTML_TAGS.split()
            assert attributes.keys() <= HTML_ATTRIBUTES
        for name in (attributes.get("class") or "").split():
            assert name in CLASSES.split() or re.fullmatch(r"[a-z][a-z0-9]{0,2}", name)
        if tag == "a" and "href" in attributes:
            assert re.match(r"(https?://|mailto:)[^/\\]", attributes["href"] or "")
            assert attributes["target"] == "_blank"
            assert attributes["rel"] == "noopener noreferrer nofollow ugc"
