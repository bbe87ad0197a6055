"""The Word document in another program: LibreOffice reads all of it and makes a PDF, which has every word."""

import io
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import pytest
from PIL import Image

from conversations.exports.branch import branch_ids
from conversations.exports.word import child
from conversations.exports.word import pieces as word
from conversations.files import storage
from conversations.models import Conversation, User
from tests.conversations.calling import say
from tests.conversations.sharing import answer, last

WORDS = r"""# Migration 迁移

A plan with **bold**, *italic*, ~~struck~~, `inline code`, H~2~O, x^2^, a [link](https://example.org/) and a note.[^1]

## Steps

1. Freeze the schema 冻结结构
   - tables
     - orders 订单表
       1. first
       2. second
   - views
2. Copy

   A second paragraph of the item.

   ```sql
   SELECT count(*) FROM orders; -- 三亿行
   ```
3. Switch

- [x] done
- [ ] open

### Table 表格

| Name | Rows | Share |
| :--- | ---: | :---: |
| orders 订单 | 320,000,000 | $\frac{3}{4}$ |
| `customers` | 1,204 | **12 %** |

> A quote
> - with a list
>
> > and another quote inside

```python
def f(x: int) -> str:
    return f"{x:>10} 中文"	# a tab
```

Inline $E = mc^2$ and $\sqrt[3]{x^2 + y_1}$, then:

$$\sum_{i=1}^{n} \frac{a_i}{\sqrt{2\pi}} \le \int_0^\infty e^{-x^2}\,dx$$

$$\begin{pmatrix} a & b \\ c & d \end{pmatrix} \quad f(x) = \begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}$$

$$\begin{aligned} a &= b + c \\ &= d \end{aligned}$$

---

最后：全角标点（“引号”）与 English 混排，应当正常换行。这一段很长，用来看一看
行与行之间的距离是否合适，以及中文字体是否与拉丁字体协调。

[^1]: The note at the end 脚注.
"""
SAID = (
    "Migration 迁移", "bold", "struck", "inline code", "冻结结构", "second paragraph", "三亿行", "订单", "320,000,000",
    "another quote", "def f(x: int)", "最后", "脚注", "Let me see", "plan.pdf", "Which way",
)  # fmt: skip


@pytest.mark.soak
@pytest.mark.skipif(
    not (shutil.which("soffice") and shutil.which("pdftotext")),
    reason="LibreOffice and poppler-utils are not installed.",
)
def test_libreoffice_reads_all_of_a_word_document(db: None, static_files: None, tmp_path: Path) -> None:
    """CHATSITE_WORD_PDF names a folder in which the document and its PDF stay, to be looked at."""
    folder = Path(os.environ.get("CHATSITE_WORD_PDF") or tmp_path)
    (folder / "talk.docx").write_bytes(b"".join(child.document(*_talk())))
    command = ["soffice", "--headless", f"-env:UserInstallation=file://{tmp_path}/profile", "--convert-to", "pdf"]
    subprocess.run([*command, "--outdir", str(folder), str(folder / "talk.docx")], check=True, capture_output=True)
    text = subprocess.run(
        ["pdftotext", str(folder / "talk.pdf"), "-"], check=True, capture_output=True, text=True
    ).stdout
    flat = " ".join(text.split())
    assert [said for said in SAID if said not in flat] == []
    assert "¿" not in flat, "LibreOffice lacks a part of a formula"
    assert subprocess.run(
        ["pdfimages", "-list", str(folder / "talk.pdf")], capture_output=True, text=True
    ).stdout.count("image")


def _talk() -> tuple[UUID, Iterable[bytes]]:
    alice = User.objects.create_user("alice")
    talk = Conversation.objects.create(owner=alice, title="Migration plan 迁移计划")
    drawn = io.BytesIO()
    Image.linear_gradient("L").resize((400, 160)).save(drawn, "PNG")
    files = [storage.store(alice, "wide.png", "image/png", drawn.getvalue()),
             storage.store(alice, "plan.pdf", "application/pdf", b"%PDF-1.4 x")]  # fmt: skip
    asked = [*map(storage.part_of, files), {"kind": "text", "text": "Which way?\n\n哪一种方法好？"}]
    question = say(talk, "Which way?\n\n哪一种方法好？", author=alice, parts=asked)
    storage.attach(question, files)
    answer(talk, question, WORDS)
    reply = last(talk)
    sources = {"kind": "citation", "sources": [{"uri": "https://example.org/a", "title": "An article 文章"}],
               "supports": []}  # fmt: skip
    reply.parts = [{"kind": "thought", "text": "Let me see. 想一想。"}, *reply.parts, sources]
    reply.save()
    return alice.pk, word.lines(talk, branch_ids(reply.pk))
