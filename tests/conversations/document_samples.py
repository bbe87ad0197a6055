"""Small real documents in Chinese and English with the text that must come out."""

import io
import re
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

import docx
import openpyxl
import pptx
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from openpyxl.comments import Comment
from pptx.util import Inches

Sample = tuple[str, Callable[[], bytes], list[str]]
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def zipped(parts: dict[str, str | bytes], *, stored: tuple[str, ...] = ()) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name in stored else None)
    return made.getvalue()


def changed(content: bytes, **replaced: Callable[[str], str] | str | bytes) -> bytes:
    """Return a zip with parts changed or added; a keyword is the end of a part's name in letters, with `__` for `/`."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    for key, new in replaced.items():
        named = (name for name in parts if re.sub(r"[\W]", "_", name.replace("/", "__")).strip("_").endswith(key))
        name = next(named, key.replace("__", "/").replace("_", "."))
        old = parts.get(name, b"")
        parts[name] = new(old.decode() if isinstance(old, bytes) else old) if callable(new) else new
    return zipped(parts)


def saved(document: Any) -> bytes:
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


# --- Word -----------------------------------------------------------------------------------------------------------


def word_report() -> bytes:
    document = docx.Document()
    document.add_heading("Quarterly report", 0)
    document.add_heading("Sales", 1)
    document.add_paragraph("Sales grew by 12 % in the north.")
    table = document.add_table(2, 2)
    for cell, text in zip(
        (cell for row in table.rows for cell in row.cells), ("Region", "Sum", "North", "1|2"), strict=True
    ):
        cell.text = text
    document.add_heading("Costs", 2)
    return saved(document)


def word_chinese() -> bytes:
    document = docx.Document()
    document.add_heading("项目计划书", 1)
    document.add_paragraph("一、项目背景：客户需要新的系统。")
    document.add_paragraph("需求分析", style="List Number")
    document.add_paragraph("系统设计", style="List Number")
    document.add_paragraph("注意风险", style="List Bullet")
    return saved(document)


def word_comments() -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph("The price is ")
    run = paragraph.add_run("100 euros")
    document.add_comment(run, "Too high?", author="王芳")
    return saved(document)


def word_footnote() -> bytes:
    document = docx.Document()
    run = document.add_paragraph("As shown before").add_run()
    mark = OxmlElement("w:footnoteReference")
    mark.set(qn("w:id"), "2")
    run._r.append(mark)
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    notes = (
        f'<w:footnotes xmlns:w="{space}"><w:footnote w:id="0" w:type="separator"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:r><w:t>See page 7.</w:t></w:r></w:p></w:footnote></w:footnotes>'
    )
    relation = f'<Relationship Id="n1" Type="{RELATIONS}/footnotes" Target="footnotes.xml"/></Relationships>'
    return changed(
        saved(document),
        word__footnotes_xml=notes,
        document_xml_rels=lambda old: old.replace("</Relationships>", relation),
    )


def word_with(body: str) -> Callable[[], bytes]:
    """Return the maker of a document with this body."""

    def make() -> bytes:
        document = docx.Document()
        document.add_paragraph("HERE")
        return changed(
            saved(document),
            word__document_xml=lambda old: re.sub(r"<w:r>\s*<w:t>HERE</w:t>\s*</w:r>", lambda _: body, old),
        )

    return make


def word_link() -> bytes:
    document = docx.Document()
    paragraph = document.add_paragraph("See ")
    key = document.part.relate_to("https://example.com/a", f"{RELATIONS}/hyperlink", is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), key)
    run = OxmlElement("w:r")
    text = OxmlElement("w:t")
    text.text = "the page"
    run.append(text)
    link.append(run)
    paragraph._p.append(link)
    return saved(document)


def word_merged() -> bytes:
    document = docx.Document()
    table = document.add_table(3, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "季度"
    table.cell(0, 2).text = "合计"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "上海"
    for column, text in ((1, "一"), (2, "10")):
        table.cell(1, column).text = text
    for column, text in ((1, "二"), (2, "20")):
        table.cell(2, column).text = text
    return saved(document)


_DELETED = (
    '<w:r><w:t xml:space="preserve">We pay </w:t></w:r><w:del w:id="1" w:author="a"><w:r>'
    "<w:delText>1000</w:delText></w:r></w:del>"
    '<w:ins w:id="2" w:author="a"><w:r><w:t>900</w:t></w:r></w:ins>'
)
_STRUCK = "<w:r><w:rPr><w:strike/></w:rPr><w:t>old</w:t></w:r><w:r><w:tab/><w:t>new</w:t><w:br/><w:t>line</w:t></w:r>"
_BOX = (
    '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    '<mc:Choice Requires="wps">'
    "<w:txbxContent><w:p><w:r><w:t>文本框里的字</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback>"
    "<w:p><w:r><w:t>文本框里的字</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r>"
)


# --- Excel ----------------------------------------------------------------------------------------------------------


def sheet_of(rows: list[list[object]], title: str = "Sheet1") -> Callable[[], bytes]:
    def make() -> bytes:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.title = title
        for row in rows:
            sheet.append(row)
        return saved(book)

    return make


def sheets_two() -> bytes:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "一月"
    first.append(["姓名", "金额"])
    first.append(["张三", 1200])
    second = book.create_sheet("二月")
    second.append(["李四", 0.125])
    second["B1"].number_format = "0.0%"
    hidden = book.create_sheet("草稿")
    hidden.append(["保密"])
    hidden.sheet_state = "hidden"
    return saved(book)


def sheet_comment() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["B2"] = 42
    sheet["B2"].comment = Comment("Please check this", "Alice")
    return saved(book)


def sheet_sparse() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"], sheet["D1000"], sheet["CV7"] = "begin", "end", "far right"
    return saved(book)


def sheet_of_1904() -> bytes:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    sheet.append([date(2024, 2, 29)])
    return saved(book)


# --- PowerPoint -----------------------------------------------------------------------------------------------------


def slides() -> bytes:
    deck = pptx.Presentation()
    first = deck.slides.add_slide(deck.slide_layouts[0])
    first.shapes.title.text, first.placeholders[1].text = "产品介绍", "2024 年版"
    second = deck.slides.add_slide(deck.slide_layouts[1])
    second.shapes.title.text = "Plan"
    second.placeholders[1].text = "First\nSecond"
    second.placeholders[1].text_frame.paragraphs[1].level = 1
    second.notes_slide.notes_text_frame.text = "Speak slowly here."
    return saved(deck)


def slides_table() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    frame = slide.shapes.add_table(2, 2, Inches(1), Inches(1), Inches(4), Inches(1))
    for place, text in enumerate(("城市", "人口", "北京", "2189 万")):
        frame.table.cell(place // 2, place % 2).text = text
    box = slide.shapes.add_textbox(Inches(1), Inches(3), Inches(4), Inches(1))
    box.text_frame.text = "Source: census"
    return saved(deck)


def slides_hidden() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "Backup"
    slide._element.set("show", "0")
    return saved(deck)


# --- OpenDocument, EPUB, PDF ----------------------------------------------------------------------------------------

_SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{space}:1.0"'
    for name, space in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("presentation", "presentation"),
    )
)  # fmt: skip


def open_document(kind: str, content: str, **more: str) -> Callable[[], bytes]:
    """Return the maker of an OpenDocument file: `kind` is text, spreadsheet or presentation."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {_SPACES} '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<office:body><office:{kind}>{content}</office:{kind}></office:body></office:document-content>"
    )
    parts: dict[str, str | bytes] = {
        "mimetype": f"application/vnd.oasis.opendocument.{kind}",
        "META-INF/manifest.xml": "<manifest/>",
        "content.xml": body,
    }
    return lambda: zipped({**parts, **more}, stored=("mimetype",))


def book(chapters: dict[str, str], title: str = "A book", **more: str) -> Callable[[], bytes]:
    items = "".join(f'<item id="i{number}" href="{name}"/>' for number, name in enumerate(chapters))
    spine = "".join(f'<itemref idref="i{number}"/>' for number in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        f"<dc:title>{title}</dc:title></metadata><manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    parts: dict[str, str | bytes] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/book.opf": package,
    }
    pages = {
        f"OEBPS/{name}": f"<?xml version='1.0'?><!DOCTYPE html><html><body>{text}</body></html>"
        for name, text in chapters.items()
    }
    return lambda: zipped({**parts, **pages, **more}, stored=("mimetype",))


def pdf(*pages: str, encrypted: bool = False) -> bytes:
    """Return a PDF with a line of text on each page, or an empty page for an empty text."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(pages):
        drawn = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET" if text else ""
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream")
    trailer = f"/Size {len(objects) + 1} /Root 1 0 R"
    if encrypted:
        objects.append(f"<< /Filter /Standard /V 1 /R 2 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >>")
        trailer += f" /Encrypt {len(objects)} 0 R /ID [<{'00' * 16}> <{'00' * 16}>]"
    made, places = "%PDF-1.4\n", list[int]()
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"trailer << {trailer} >>\nstartxref\n{len(made)}\n%%EOF\n"
    return f"{made}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}".encode()


_ODT = (
    '<text:h text:outline-level="2">会议纪要</text:h><text:p>参会：张三'
    "<text:note><text:note-body><text:p>项目经理</text:p></text:note-body></text:note><text:tab/>李四<office:annotation><dc:creator>王五</dc:creator><text:p>请核对</text:p>"
    "</office:annotation></text:p><text:list><text:list-item><text:p>One</text:p>"
    "<text:list><text:list-item><text:p>Deeper</text:p>"
    "</text:list-item></text:list></text:list-item></text:list><table:table table:name='T'>"
    "<table:table-row><table:table-cell><text:p>A</text:p></table:table-cell>"
    "<table:table-cell table:number-columns-repeated='2'><text:p>B</text:p></table:table-cell>"
    "</table:table-row></table:table>"
)
_ODS = (
    "<table:table table:name='预算'><table:table-row><table:table-cell><text:p>项目</text:p></table:table-cell>"
    "<table:table-cell><text:p>金额</text:p></table:table-cell></table:table-row>"
    "<table:table-row table:number-rows-repeated='1048574'>"
    "<table:table-cell table:number-columns-repeated='16384'/></table:table-row></table:table>"
)
_ODP = (
    "<draw:page draw:name='p1'><draw:frame><draw:text-box><text:p>Welcome</text:p></draw:text-box></draw:frame>"
    "<presentation:notes><draw:frame><draw:text-box><text:p>Smile</text:p></draw:text-box></draw:frame></presentation:notes>"
    "</draw:page><draw:page draw:name='p2'>"
    "<draw:frame><draw:text-box><text:p>谢谢</text:p></draw:text-box></draw:frame></draw:page>"
)
_PAGE = (
    "<!DOCTYPE html><html><head><title>标题</title><style>p{}</style></head><body>"
    "<h2>Part</h2><p>Some <b>bold</b> words,\n<a href='https://example.com'>a link</a>.</p>"
    "<ul><li>one<li>two<ol><li>deep</ol></ul><script>alert(1)</script>"
    "<table><tr><th>甲<th>乙<tr><td><td>2</table><pre>x = 1\n  y</pre><img alt='A cat' src=x></body></html>"
)

_MATH = "http://schemas.openxmlformats.org/officeDocument/2006/math"


def _of_math(name: str, *inner: str) -> str:
    return f"<m:{name}>{''.join(inner)}</m:{name}>"


def _letter(text: str) -> str:
    return f"<m:r><m:t>{text}</m:t></m:r>"


FORMULA = _of_math(
    "oMath",
    _of_math("sSup", _of_math("e", _letter("x")), _of_math("sup", _letter("2"))),
    _letter("="),
    _of_math("f", _of_math("num", _letter("1")), _of_math("den", _letter("2"))),
    _letter("f"),
    _of_math("d", _of_math("dPr", "<m:endChr m:val=']'/>"), _of_math("e", _letter("a"))),
    _of_math("rad", _of_math("deg"), _of_math("e", _letter("b"))),
    _of_math("nary", "<m:naryPr><m:chr m:val='∑'/></m:naryPr>", _of_math("sub", _letter("i")), _of_math("sup"),
             _of_math("e", _letter("c"))),
).replace("<m:oMath>", f'<m:oMath xmlns:m="{_MATH}">')  # fmt: skip
FORMULA_TEXT = r"$x^{2}=\frac{1}{2}f(a]\sqrt{b}∑_{i} c$"


def word_by_default() -> bytes:
    """Return a document whose type is that of all parts with its ending, as the Open XML SDK writes it."""
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Default Extension="xml" ContentType="{kind}"/></Types>'
    )
    return changed(word_chinese(), Types__xml=types)


def with_backslashes(content: bytes) -> bytes:
    """Return a zip whose names part the folders by a backslash, as some programs write them."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    made = zipped({name.replace("/", "~"): content for name, content in parts.items()})
    for name in parts:
        made = made.replace(name.replace("/", "~").encode(), name.replace("/", "\\").encode())
    return made


def word_margins() -> bytes:
    document = docx.Document()
    document.add_paragraph("正文")
    section = document.sections[0]
    section.header.paragraphs[0].text = "机密 · 版本 2.1"
    section.footer.paragraphs[0].text = "- 1 -"
    return saved(document)


def slides_formula() -> bytes:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    slide.shapes.title.text = "HERE"
    draw = "http://schemas.microsoft.com/office/drawing/2010/main"
    return changed(
        saved(deck),
        slides__slide1_xml=lambda old: old.replace(
            "<a:r><a:t>HERE</a:t></a:r>", f'<a14:m xmlns:a14="{draw}">{FORMULA}</a14:m>'
        ),
    )


def sheet_box() -> bytes:
    relation = f'<Relationship Id="d1" Type="{RELATIONS}/drawing" Target="../drawings/drawing1.xml"/>'
    lines = "".join(f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>" for text in ("填表", "说明"))
    with zipfile.ZipFile(io.BytesIO(sheet_of([["x"]])())) as archive:
        parts: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    parts["xl/worksheets/_rels/sheet1.xml.rels"] = f"<Relationships>{relation}</Relationships>"
    parts["xl/drawings/drawing1.xml"] = f'<d xmlns:a="a"><sp><txBody>{lines}</txBody></sp></d>'
    return zipped(parts)


_SPANS = (
    "<html><body><table><tr><th rowspan=2>城市<th colspan=2>人口<th>年</tr><tr><th>男<th>女<th>x</tr>"
    "<tr><td>北京<td>1<td>2<td>2020</tr></table></body></html>"
)
_LATE = "# " + "x" * 100_000 + "\n# 主程序：读取参数\n"

GOOD: list[Sample] = [
    ("sdk.docx", word_by_default, ["# 项目计划书", "1. 需求分析"]),
    ("backslash.docx", lambda: with_backslashes(word_chinese()), ["# 项目计划书"]),
    ("formula.docx", word_with(FORMULA), [FORMULA_TEXT]),
    ("formula.pptx", slides_formula, [FORMULA_TEXT]),
    ("margins.docx", word_margins, ["正文", "Page headers and footers:\n\n- 机密 · 版本 2.1"]),
    (
        "margins.odt",
        open_document(
            "text",
            "<text:p>正文</text:p>",
            **{
                "styles.xml": f"<s {_SPACES} xmlns:style='style'><style:master-page><style:header>"
                "<text:p>机密 2.1</text:p></style:header><style:footer><text:p>1</text:p></style:footer>"
                "</style:master-page></s>"
            },
        ),
        ["正文", "Page headers and footers:\n\n- 机密 2.1"],
    ),
    ("box.xlsx", sheet_box, ["| x |", "Text boxes:\n\n- 填表 说明"]),
    (
        "bare.epub",
        lambda: changed(book({"one.xhtml": "<p>It began.</p>"})(), mimetype=""),
        ["# A book\n\nIt began."],
    ),
    (
        "old.odt",
        open_document(
            "text",
            "<text:p>旧文件</text:p>",
            **{"META-INF/manifest.xml": '<!DOCTYPE m PUBLIC "-//OpenOffice.org//DTD" "Manifest.dtd"><m/>'},
        ),
        ["旧文件"],
    ),
    (
        "spans.html",
        _SPANS.encode,
        ["| 城市 | 人口 |  | 年 |\n| --- | --- | --- | --- |\n|  | 男 | 女 | x |\n| 北京 | 1 | 2 | 2020 |"],
    ),
    ("head.html", lambda: "<!doctype html><head><title>T</title><p>没有结束".encode(), ["# T", "没有结束"]),
    ("math.html", lambda: b"<html><p>So <math alttext='E=mc^2'><mi>E</mi></math>.</html>", ["So $E=mc^2$."]),
    ("lines.csv", lambda: "id,note\n1,one\u2028two\x0cthree\n".encode(), ["| 1 | one\u2028two\x0cthree |"]),
    ("late.py", lambda: _LATE.encode("gb18030"), ["# 主程序：读取参数"]),
    ("colours.log", lambda: "\x1b[32m通过\x1b[0m 3 tests\r\n\x1b]0;title\x07done".encode(), ["通过 3 tests\ndone"]),
    ("cut.txt", lambda: ("会议纪要：明天下午三点开会，请准时参加。" * 3).encode()[:-1], ["明天下午三点开会"]),
    (
        "cut.gb.txt",
        lambda: ("会议纪要：明天下午三点开会，请准时参加。" * 3).encode("gb18030")[:-1],
        ["明天下午三点开会"],
    ),
    (
        "broken.log",
        lambda: "错误：无法连接服务器\n".encode() * 50 + b"\xff\xfe\n" + "完成".encode(),
        ["无法连接", "完成"],
    ),
    (
        "report.docx",
        word_report,
        [
            "# Quarterly report\n\n# Sales\n\nSales grew by 12 % in the north.",
            "| Region | Sum |\n| --- | --- |\n| North | 1\\|2 |",
            "## Costs",
        ],
    ),
    (
        "计划书.docx",
        word_chinese,
        ["# 项目计划书", "一、项目背景：客户需要新的系统。", "1. 需求分析\n2. 系统设计\n- 注意风险"],
    ),
    (
        "comments.docx",
        word_comments,
        ["The price is 100 euros[comment 0]", "Comments:\n\n- [comment 0] 王芳: Too high?"],
    ),
    ("footnote.docx", word_footnote, ["As shown before[^2]", "[^2]: See page 7."]),
    ("changes.docx", word_with(_DELETED), ["We pay 900"]),
    ("struck.docx", word_with(_STRUCK), ["~~old~~\tnew\nline"]),
    ("box.docx", word_with(_BOX), ["文本框里的字"]),
    ("link.docx", word_link, ["See [the page](https://example.com/a)"]),
    ("合并.docx", word_merged, ["| 季度 | | 合计 |".replace("| |", "|  |"), "| 上海 | 一 | 10 |", "|  | 二 | 20 |"]),
    (
        "two.xlsx",
        sheets_two,
        [
            "## Sheet: 一月\n\n| 姓名 | 金额 |\n| --- | --- |\n| 张三 | 1200 |",
            "## Sheet: 二月\n\n| 李四 | 12.5% |",
            "## Sheet: 草稿 (hidden)",
        ],
    ),
    (
        "dates.xlsx",
        sheet_of([[date(2024, 2, 29), datetime(2024, 1, 2, 15, 30), time(8, 5)]]),
        ["| 2024-02-29 | 2024-01-02 15:30 | 08:05 |"],
    ),
    ("1904.xlsx", sheet_of_1904, ["| 2024-02-29 |"]),
    (
        "numbers.xlsx",
        sheet_of([[1, 2.5, 0.1 + 0.2, True, "=1+1", None, "x\ny"]]),
        ["| 1 | 2.5 | 0.3 | TRUE | =1+1 | x<br>y |"],
    ),
    ("comment.xlsx", sheet_comment, ["| 42 |", "Comments:\n\n- B2, Alice: Please check this"]),
    ("sparse.xlsx", sheet_sparse, ["| begin |  |  |\n| --- | --- | --- |\n|  |  | far right |\n|  | end |  |"]),
    ("库存.xlsx", sheet_of([["货号", "数量"], ["A-1", 20]], "库存表"), ["## Sheet: 库存表", "| A-1 | 20 |"]),
    (
        "deck.pptx",
        slides,
        ["## Slide 1: 产品介绍\n\n2024 年版", "## Slide 2: Plan\n\nFirst\n- Second", "Notes: Speak slowly here."],
    ),
    (
        "table.pptx",
        slides_table,
        ["## Slide 1", "| 城市 | 人口 |\n| --- | --- |\n| 北京 | 2189 万 |", "Source: census"],
    ),
    ("hidden.pptx", slides_hidden, ["## Slide 1: Backup (hidden)"]),
    (
        "纪要.odt",
        open_document("text", _ODT),
        [
            "## 会议纪要",
            "参会：张三[^1]\t李四[comment 1]",
            "- One\n  - Deeper",
            "| A | B | B |",
            "[^1]: 项目经理",
            "- [comment 1] 王五: 请核对",
        ],
    ),
    ("budget.ods", open_document("spreadsheet", _ODS), ["## Sheet: 预算\n\n| 项目 | 金额 |"]),
    ("talk.odp", open_document("presentation", _ODP), ["## Slide 1\n\nWelcome\n\nNotes:\nSmile", "## Slide 2\n\n谢谢"]),
    (
        "book.epub",
        book({"one.xhtml": "<h1>Chapter 1</h1><p>It began.</p>", "two.xhtml": "<h1>Chapter 2</h1>"}),
        ["# A book\n\n# Chapter 1\n\nIt began.\n\n# Chapter 2"],
    ),
    (
        "小说.epub",
        book({"第一章.xhtml": "<h2>第一章</h2><p>从前有座山。</p>"}, "山"),
        ["# 山\n\n## 第一章\n\n从前有座山。"],
    ),
    (
        "page.html",
        lambda: _PAGE.encode(),
        [
            "# 标题\n\n## Part\n\nSome bold words, [a link](https://example.com).",
            "- one\n\n- two\n\n  1. deep",
            "| 甲 | 乙 |\n| --- | --- |\n|  | 2 |",
            "```\nx = 1\n  y\n```",
            "[picture: A cat]",
        ],
    ),
    ("gb.html", lambda: "<html><meta charset=gb2312><p>你好，世界</p></html>".encode("gb18030"), ["你好，世界"]),
    (
        "paper.pdf",
        lambda: pdf("Hello from page one", "", "Third page"),
        ["## Page 1\n\nHello from page one", "## Page 3\n\nThird page"],
    ),
    ("list.csv", lambda: b'name,age\r\n"Smith, John",42\r\n', ["| name | age |\n| --- | --- |\n| Smith, John | 42 |"]),
    (
        "名单.csv",
        lambda: "姓名,部门\n张三,销售部\n".encode("gb18030"),
        ["| 姓名 | 部门 |\n| --- | --- |\n| 张三 | 销售部 |"],
    ),
    ("semicolon.csv", lambda: "Größe;Preis\n1,5;2,50\n".encode(), ["| Größe | Preis |\n| --- | --- |\n| 1,5 | 2,50 |"]),
    ("tabs.tsv", lambda: b"a\tb\n1\t2\n", ["| a | b |\n| --- | --- |\n| 1 | 2 |"]),
    ("hello.txt", lambda: "你好".encode("gb18030"), ["你好"]),
    ("请假.txt", lambda: "请看附件，谢谢！".encode("gb18030"), ["请看附件，谢谢！"]),
    ("会议.txt", lambda: "会议纪要：明天下午三点开会。".encode("gb18030"), ["会议纪要：明天下午三点开会。"]),
    *(
        (f"{text}.txt", lambda text=text: text.encode("gb18030"), [text])
        for text in ("报价单", "价格：100元", "“引号”", "葡萄", "饕餮盛宴", "魑魅魍魉", "哈哈哈")
    ),
    ("繁體.txt", lambda: "會議記錄：明天下午三點開會。".encode("big5"), ["會議記錄：明天下午三點開會。"]),
    ("議.txt", lambda: "請看附件".encode("big5"), ["請看附件"]),
    ("日本.txt", lambda: "会議の議事録です。".encode("shift_jis"), ["会議の議事録です。"]),
    ("請求書.txt", lambda: "請求書".encode("shift_jis"), ["請求書"]),
    ("jis.txt", lambda: "こんにちは".encode("iso2022_jp"), ["こんにちは"]),
    ("utf16.txt", lambda: "中文 and English".encode("utf-16"), ["中文 and English"]),
    ("utf16be.txt", lambda: "Plain words\n中文".encode("utf-16-be"), ["Plain words\n中文"]),
    ("한국.txt", lambda: "안녕하세요".encode("euc_kr"), ["안녕하세요"]),
    ("umlaut.txt", lambda: "Grüße aus München".encode("cp1252"), ["Grüße aus München"]),
    ("main.py", lambda: "# 主程序\nprint('你好')\n".encode("gb18030"), ["# 主程序\nprint('你好')"]),
]
