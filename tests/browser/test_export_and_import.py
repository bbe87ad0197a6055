"""Jobs 26 to 28: a conversation as Word and on paper, everything taken along, and what another tool exported."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from conversations.models import Conversation
from providers.models import LanguageModel
from tests.browser.axe import grave_faults
from tests.browser.conftest import Visit
from tests.browser.page_scripts import WIDE_ELEMENTS
from tests.conftest import Cast
from tests.conversations.import_samples import CHATGPT_ZIP, LIBRECHAT, NEXTCHAT
from tests.conversations.sharing import talk

NOTE_PRINT = "() => { window.printed = 0; window.print = () => window.printed++; }"
PHONE, DESKTOP = {"width": 390, "height": 800}, {"width": 1400, "height": 900}


def to_the_page(page: Page, *, is_narrow: bool, names: tuple[str, str]) -> None:
    if is_narrow:
        page.locator(".chat__menu").click()
    page.locator(".account").click()
    page.get_by_role("link", name=names[0]).click()
    expect(page.get_by_role("heading", name=names[0])).to_be_visible()


@pytest.mark.parametrize(
    ("viewport", "language"), [(DESKTOP, "en"), pytest.param(PHONE, "zh-hans", marks=pytest.mark.soak)]
)
def test_a_conversation_is_printed_taken_as_word_and_everything_is_taken_along(
    cast: Cast, model: LanguageModel, visit: Visit, viewport: dict[str, int], language: str
) -> None:
    cast.alice.language = language
    cast.alice.save()
    conversation = talk(cast.alice)
    page = visit(cast.alice, f"/conversations/{conversation.pk}/", viewport=viewport).page
    is_chinese = language != "en"
    page.evaluate(NOTE_PRINT)
    menu, export = page.locator("export-menu"), "导出…" if is_chinese else "Export …"
    if viewport is DESKTOP:
        page.locator(".chat__print").click()
        page.wait_for_function("() => window.printed === 1")
        page.evaluate("() => { window.printed = 0; }")
    page.locator(".chat__more").click()
    page.get_by_role("menuitem", name=export).click()
    expect(menu.get_by_role("menuitem").first).to_be_focused()
    assert grave_faults(page) == []
    assert page.evaluate(WIDE_ELEMENTS) == []
    page.keyboard.press("ArrowUp")
    expect(menu.get_by_role("menuitem").last).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.printed === 1")
    page.locator(".chat__more").click()
    page.get_by_role("menuitem", name=export).click()
    with page.expect_download() as word:
        menu.get_by_role("menuitem", name="Word 文档" if is_chinese else "Word document").click()
    assert word.value.suggested_filename == "A plan.docx"
    assert word.value.path().read_bytes().startswith(b"PK")

    if viewport is DESKTOP:
        page.locator(".row__more").first.click()
        page.get_by_role("menuitem", name="Select").click()
        with page.expect_download() as chosen:
            page.locator(".selection").get_by_role("link", name="Export").click()
        assert b"A plan" in chosen.value.path().read_bytes()
        page.keyboard.press("Escape")

    names = ("导出与导入", "全部导出") if is_chinese else ("Export and import", "Export everything")
    to_the_page(page, is_narrow=viewport is PHONE, names=names)
    assert grave_faults(page) == []
    assert page.evaluate(WIDE_ELEMENTS) == []
    with page.expect_download() as everything:
        page.get_by_role("link", name=names[1]).click()
    assert everything.value.suggested_filename.startswith("Chatsite alice 20")
    assert b"A plan" in everything.value.path().read_bytes()


@pytest.mark.soak
def test_chatgpts_conversations_are_looked_at_and_imported(
    cast: Cast, model: LanguageModel, visit: Visit, tmp_path: Path
) -> None:
    alice, elsewhere = visit(cast.alice, viewport=DESKTOP), visit(cast.alice, viewport=DESKTOP)
    page = alice.page
    to_the_page(page, is_narrow=False, names=("Export and import", ""))
    with page.expect_file_chooser() as chooser:
        page.get_by_text("Choose files").click()
    chooser.value.set_files({"name": "chatgpt.zip", "mimeType": "application/zip", "buffer": CHATGPT_ZIP})
    expect(page.get_by_text("Conversations in the file: 3.")).to_be_visible()
    expect(page.get_by_text("It is damaged.")).to_be_visible()
    assert not Conversation.objects.exists()
    assert grave_faults(page) == []
    page.get_by_role("button", name="Import (2)").click()
    expect(page.get_by_text("Imported: 2.")).to_be_visible()
    expect(elsewhere.rows.get_by_text("部署 <b>plan</b>")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="To the conversations").first.click()
    alice.rows.get_by_text("部署 <b>plan</b>").click()
    expect(alice.replies.last).to_contain_text("Done.")
    expect(alice.questions.first.locator("img")).to_be_visible()

    page.goto(f"{alice.site}/account/data/")
    large = tmp_path / "x.json"
    large.write_bytes(json.dumps({"a": 1}).encode() + b" " * (17 * 2**20))  # so large that it goes up in pieces
    pieces: list[str] = []

    def send_three(route: Route) -> None:
        pieces.append(route.request.url.rpartition("=")[2])
        if len(pieces) <= 3:
            route.continue_()

    page.route("**/pieces?at=*", send_three)
    with page.expect_request("**/pieces?at=3145728"):
        page.locator("input[type=file]").set_input_files(large)
    page.goto(f"{alice.site}/account/data/")
    page.unroute("**/pieces?at=*")  # behind the reload, which ends the fourth piece: else it would go
    expect(page.get_by_text("3.0 MB of 17.0 MB have arrived.")).to_be_visible()
    with page.expect_request("**/pieces?at=3145728"):
        page.locator("input[type=file]").set_input_files(large)
    expect(page.get_by_text("It is no export that Chatsite can read.")).to_be_visible()
    exports = [
        FilePayload(name="same.json", mimeType="application/json", buffer=json.dumps(export).encode())
        for export in (LIBRECHAT, NEXTCHAT)
    ]
    page.locator("input[type=file]").set_input_files([exports[0], {**exports[0], "name": "x.zip"}])
    expect(page.get_by_text("Choose one zip by itself, or JSON files only.")).to_be_visible()
    page.locator("input[type=file]").set_input_files(exports)
    expect(page.get_by_text("same.json (+1)")).to_be_visible()
    expect(page.get_by_text("Conversations in the file: 3.")).to_be_visible()
