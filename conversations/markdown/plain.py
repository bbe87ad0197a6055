"""Text as it was written, for what is not rendered."""

from html import escape

from conversations.markdown.characters import showable


def plain_paragraph(text: str) -> str:
    """Return text as it was written, line breaks kept by the style sheet."""
    return f'<p class="plain-text">{escape(showable(text), quote=False)}</p>\n'


def formula_as_text(written: str) -> str:
    """Return a formula that cannot be shown as one."""
    return f'<code class="math-error">{escape(written, quote=False)}</code>'
