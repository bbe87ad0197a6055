"""The last step of every rendering: only the elements and attributes on these lists reach a page."""

import nh3
from pygments.token import STANDARD_TYPES

_HTML = (
    "p br hr h1 h2 h3 h4 h5 h6 strong em s code pre blockquote ul ol li a table thead tbody tr th td div span sup sub u"
    " kbd mark small details summary"
)
_MATHML = (
    "math mrow mi mn mo ms mtext mspace msub msup msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd"
    " mstyle mpadded mphantom menclose"
)
# Presentation only; no href, style, class or id, which the formula language could set.
_MATHML_ATTRIBUTES = (
    "display displaystyle scriptlevel mathvariant mathsize mathcolor mathbackground width height depth lspace"
    " rspace voffset minsize maxsize stretchy fence form separator largeop movablelimits symmetric"
    " accent linethickness notation columnalign columnlines columnspacing rowspacing alttext"
)
_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    "div": {"data-language", "tabindex"},
    "pre": {"tabindex"},
    "span": {"title", "role", "aria-checked", "aria-disabled", "aria-label"},
    "details": {"open"},
}
_DIRECTED = "p h1 h2 h3 h4 h5 h6 blockquote ul ol li table th td details"
_ALIGNMENTS = {"align-left", "align-right", "align-center"}
_TOKEN_CLASSES = {name for name in STANDARD_TYPES.values() if name}
_CLASSES = {
    "code": {"highlight", "math-error"},
    "div": {"code-block", "code-block__bar", "table-scroll", "math-block"},
    **{f"h{level}": {"plain-text"} for level in range(1, 7)},
    "li": {"task-list-item"},
    "mtd": {"math-line-left", "math-line-right"},
    "mtr": {"math-line", "math-line-below"},
    "p": {"plain-text"},
    "span": {"code-block__language", "code-part", "image-chip", "task-box", *_TOKEN_CLASSES},
    "sup": {"cite", "footnote"},
    "td": {*_ALIGNMENTS, "plain-text"},
    "th": {*_ALIGNMENTS, "plain-text"},
}
LINK_SCHEMES = frozenset({"http", "https", "mailto"})

_cleaner = nh3.Cleaner(
    tags=set(f"{_HTML} {_MATHML}".split()),
    clean_content_tags=set(),
    attributes={
        **{tag: {"dir"} | _ATTRIBUTES.get(tag, set()) for tag in {*_ATTRIBUTES, *_DIRECTED.split()}},
        **{tag: set(_MATHML_ATTRIBUTES.split()) for tag in _MATHML.split()},
    },
    allowed_classes=_CLASSES,
    set_tag_attribute_values={"a": {"target": "_blank"}},
    link_rel="noopener noreferrer nofollow ugc",
    url_schemes=set(LINK_SCHEMES),
    url_relative="deny",
)


def sanitize(html: str) -> str:
    """Return the HTML with only the elements, attributes, classes and link schemes allowed in a message."""
    return _cleaner.clean(html)
