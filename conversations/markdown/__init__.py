"""Text to safe HTML, whole or while it grows; the only place of the site that marks a message's text safe.

`render` is the whole text at once. `GrowingMarkdown` is one reply while it streams: it hands out every top-level block
once, as soon as no further text can change it, and the open rest again at each update. Joined, both are the same HTML.
`rendered` is the whole text with the numbers of the sources that it rests on; `linked` makes links of these.

The server parses nothing itself. A process of its own does (`worker.py`), a slice of the text at a time (`slices.py`),
with limits of time and memory, and what goes beyond them is shown as it was written.

A code block, all on one line up to the code, and without `data-language` and its span where no language is named:

    <div class="code-block" data-language="python"><div class="code-block__bar">
    <span class="code-block__language">python</span></div><pre><code class="highlight">…</code></pre></div>

A table stands in <div class="table-scroll">, a display formula in <div class="math-block">; an image is
<span class="image-chip" title="its address">its text</span> and is never loaded; a source's number is
<sup class="cite">1</sup>, with a link in it once it is shown.
"""

from conversations.markdown.growing import PART, GrowingMarkdown, Rendered, Work, child, plain, render, rendered
from conversations.markdown.marks import Mark
from conversations.markdown.process import Away
from conversations.markdown.shown import code, linked, stored

__all__ = [
    "PART",
    "RENDERER_VERSION",
    "Away",
    "GrowingMarkdown",
    "Mark",
    "Rendered",
    "Work",
    "child",
    "code",
    "linked",
    "plain",
    "render",
    "rendered",
    "stored",
]

# Stored beside the HTML of a finished message: raise it whenever the same text would come out differently.
RENDERER_VERSION = 2
