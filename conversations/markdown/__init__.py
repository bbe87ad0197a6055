"""Text to safe HTML, whole or while it grows; the only place of the site that marks a message's text safe.

`render` is the whole text at once. `GrowingMarkdown` is one reply while it streams: it hands out every top-level block
once, as soon as no further text can change it, and the open rest again at each update. Joined, both are the same HTML.
`render_cited` is the whole text with the numbers of the sources that it rests on.

A code block, all on one line up to the code, and without `data-language` and its span where no language is named:

    <div class="code-block" data-language="python"><div class="code-block__bar">
    <span class="code-block__language">python</span></div><pre><code class="highlight">…</code></pre></div>

A table stands in <div class="table-scroll">, a display formula in <div class="math-block">; an image is
<span class="image-chip" title="its address">its text</span> and is never loaded; a source's number is
<sup class="cite"><a class="cite__link" …>1</a></sup>.
"""

from django.utils.safestring import SafeString, mark_safe

from conversations.markdown.cited import Mark, render_cited
from conversations.markdown.growing import GrowingMarkdown, Rendered, render

__all__ = ["RENDERER_VERSION", "GrowingMarkdown", "Mark", "Rendered", "render", "render_cited", "stored"]

# Stored beside the HTML of a finished message: raise it whenever the same text would come out differently.
RENDERER_VERSION = 1


def stored(html: str, version: int, text: str) -> SafeString:
    """What `render` made of `text` and somebody stored; made anew where the renderer has changed since."""
    return mark_safe(html) if version == RENDERER_VERSION else render(text)  # noqa: S308
