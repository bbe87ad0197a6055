"""The static files for browsers: one style sheet, one script and hashed ones that find each other, plain answers."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from django.conf import LazySettings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import FileSystemStorage
from django.core.management import call_command
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory

from chatsite.static_collection import collect_if_changed
from chatsite.static_files import SCRIPTS, STYLE_SHEETS, StaticFiles, join_scripts
from tests import made_once

SOURCES = Path(__file__).parent.parent / "static"
TEMPLATES = SOURCES.parent / "templates"
IMPORTED_AT_FIRST = re.compile(r'^import (?:(.*) from )?"(\.[^"]+)";$', re.MULTILINE)
IMPORTED = re.compile(r'\b(?:import|from)\s*\(?\s*"(\.[^"]+)"')
IMPORTED_LATER = re.compile(r'\bimport\("(\.[^"]+)"\)')
OTHER_SIZES = [
    (
        "entrance.css",
        "padding: clamp(var(--space-4), 8vh, 6rem) var(--space-4) var(--space-6)",
    ),  # most room above a card
]
DEFINED = re.compile(r'customElements\.define\("([\w-]+)"')
FETCHED_LATER = "js/elements/message-editor.js"


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def collect(collected: Path, settings: LazySettings) -> None:
    settings.STATIC_ROOT = collected
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "chatsite.static_files.JoinedManifestStorage"}}
    if not any(collected.iterdir()):
        made_once.link(made_once.static_files(), collected)


def test_a_source_older_than_its_last_copy_is_collected(tmp_path: Path, settings: LazySettings) -> None:
    """Unpacked releases have the times of their commits, and a site may have collected the one before later."""
    source = tmp_path / "sources" / "words.txt"
    source.parent.mkdir()
    settings.STATICFILES_DIRS = [source.parent]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "static"
    for second, words in enumerate(("of one release", "of the next")):
        source.write_text(words)
        os.utime(source, (10**9 + second, 10**9 + second))
        assert collect_if_changed()
        assert (settings.STATIC_ROOT / "words.txt").read_text() == words
        with staticfiles_storage.open(staticfiles_storage.stored_name("words.txt")) as file:
            assert file.read().decode() == words
    assert not collect_if_changed()


@pytest.fixture
def get(collected: Path) -> Callable[..., HttpResponse]:
    middleware = StaticFiles(lambda request: HttpResponse("not a file", status=404))

    def answer(name: str, method: str = "GET", **headers: str) -> HttpResponse:
        request = RequestFactory().generic(method, staticfiles_storage.url(name), headers=headers)
        return middleware(request)

    return answer


def bare(sheet: str) -> str:
    sheet = re.sub(r"^ +", "", re.sub(r"\s*/\*.*?\*/", "", sheet, flags=re.DOTALL), flags=re.MULTILINE)
    return re.sub(r"(?<=[{};,])\n+| (?=\{\n)", "", sheet)


@pytest.mark.parametrize("name", STYLE_SHEETS)
def test_a_style_sheet_holds_all_its_parts_in_order(collected: Path, name: str) -> None:
    parts = re.findall(r'^@import "(.+?)" layer\((.+?)\);', (SOURCES / name).read_text(), re.MULTILINE)
    sheet = (collected / staticfiles_storage.stored_name(name)).read_text()
    assert '@import "' not in sheet
    assert re.findall(r"@layer (\w+)\{", sheet) == [layer for _, layer in parts]
    places = [sheet.index(bare((SOURCES / "css" / name).read_text()).strip()) for name, _ in parts]
    assert len(parts) > 5
    assert places == sorted(places)


def test_every_component_sheet_is_imported() -> None:
    imported = {part for name in STYLE_SHEETS for part in re.findall(r'@import "(.+?)"', (SOURCES / name).read_text())}
    assert imported == {path.name for path in (SOURCES / "css").glob("*.css")} - {"site.css", "pages.css", "admin.css"}


def declarations(path: Path) -> list[tuple[str, str]]:
    """Properties and their values, comments left out."""
    return re.findall(r"([\w-]+): ([^;{}]+);", re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL))


def test_components_choose_their_sizes_from_a_few() -> None:
    sized = re.compile(r"font|font-size|border(-[a-z]+)*-radius|(padding|margin)(-[a-z]+)*|([a-z]+-)?gap")
    raw = re.compile(r"\d\.?\d*rem|\d\d+px|[4-9]px")  # a hair's breadth, up to 3px, is no size
    found = [
        (path.name, f"{name}: {value}")
        for path in sorted((SOURCES / "css").glob("*.css"))
        for name, value in declarations(path)
        if sized.fullmatch(name) and raw.search(value)
    ]
    assert found == OTHER_SIZES


@pytest.mark.parametrize(("kind", "most"), [("js", 200), ("css", 300)])
def test_scripts_and_style_sheets_are_short(kind: str, most: int) -> None:
    lines = {path.name: path.read_text().count("\n") for path in (SOURCES / kind).rglob(f"*.{kind}")}
    assert {name: count for name, count in lines.items() if count > most} == {}


def test_no_sheet_looks_through_what_grows_while_it_is_read() -> None:
    """A browser would look again through all of a thread or list with each word and row that comes; scripts note it."""
    looks = re.compile(
        r"(?:body|nav|\.(?:app|chat|transcript|transcript__thread|message|message__body|message__text|code-block))(?![\w-])[^\s,{>+~]*:has\("
    )
    sheets = {path for path in (SOURCES / "css").glob("*.css") if path.name != "print.css"}
    assert {(path.name, *looks.findall(path.read_text())) for path in sheets if looks.search(path.read_text())} == set()


def test_colours_are_named_in_one_place() -> None:
    raw = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(rgb|hsl|oklch)a?\(")
    sheets = {path for path in (SOURCES / "css").glob("*.css") if path.name != "colors.css"}
    found = {(path.name, value) for path in sheets for _, value in declarations(path) if raw.search(value)}
    assert found == set()


def test_collecting_twice_changes_nothing(collected: Path) -> None:
    before = json.loads((collected / "staticfiles.json").read_text())
    call_command("collectstatic", interactive=False, verbosity=0)
    assert json.loads((collected / "staticfiles.json").read_text()) == before


def test_what_another_version_collected_is_replaced_whatever_its_age(collected: Path) -> None:
    """Sources may be older than their copies: after an upgrade from an archive, and after the way back."""
    script, joined = collected / FETCHED_LATER, [collected / "js/app.js", collected / "css/site.css"]
    before = [path.read_text() for path in joined]
    for path in (script, *joined):
        path.write_text('import "./helpers/of-another-version.js";\n')
    call_command("collectstatic", interactive=False, verbosity=0)
    assert script.read_text() == (SOURCES / FETCHED_LATER).read_text()
    assert [path.read_text() for path in joined] == before


def modules(script: str) -> set[Path]:
    """Return the files that a script runs with: itself, and all that they import."""
    found: set[Path] = set()
    waiting = [SOURCES / script]
    while waiting:
        path = waiting.pop()
        found.add(path)
        imported = {(path.parent / name).resolve() for _, name in IMPORTED_AT_FIRST.findall(path.read_text())}
        waiting += imported - found
    return found


def exports(script: str) -> set[str]:
    """Return the names that a module exports, one by one or all at its end."""
    lists = re.findall(r"^export\{(.*)\};$", script, re.MULTILINE)
    named = re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", script, re.MULTILINE)
    return {*named, *re.findall(r"\w+", " ".join(lists))}


def test_what_the_chat_page_needs_at_first_is_one_script(collected: Path) -> None:
    script = (collected / staticfiles_storage.stored_name("js/app.js")).read_text()
    sources = modules("js/app.js")
    assert len(sources) > 20
    assert SOURCES / "js/models/socket.js" in sources
    assert IMPORTED_AT_FIRST.findall(script) == []
    assert {tag for path in sources for tag in DEFINED.findall(path.read_text())} == set(DEFINED.findall(script))


def test_scripts_that_pages_name_are_joined() -> None:
    markup = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    assert set(re.findall(r"{% static '(js/.+?)' %}", markup)) == set(SCRIPTS)


def test_every_import_that_a_browser_sees_leads_to_what_runs(collected: Path) -> None:
    """A module that has run with the chat page is that page's script, for whoever imports it later."""
    chat = collected / staticfiles_storage.stored_name("js/app.js")
    joined = {path.resolve() for path in modules("js/app.js")}
    later = {path for path in (SOURCES / "js").rglob("*/*.js") if path.resolve() not in joined}
    names = [f"js/{path.relative_to(SOURCES / 'js')}" for path in later]
    for name in (*names, *SCRIPTS):
        script, found = SOURCES / name, collected / staticfiles_storage.stored_name(name)
        assert found.parts[: len(chat.parent.parts)] == chat.parent.parts, "scripts have one folder"
        meant = [(script.parent / other).resolve() for other in IMPORTED.findall(script.read_text())]
        asked = [(found.parent / other).resolve() for other in IMPORTED.findall(found.read_text())]
        if name not in SCRIPTS:
            assert asked == [chat if one in joined else chat.parent / one.relative_to(SOURCES / "js") for one in meant]
            for one, target in zip(meant, asked, strict=True):
                names_asked = re.findall(
                    rf'^import \{{(.*)\}} from "[./]+{one.name}"', script.read_text(), re.MULTILINE
                )
                wanted = set(re.findall(r"(\w+)(?: as \w+)?", " ".join(names_asked)))
                assert exports(target.read_text()) >= wanted, (name, target)
        assert all(target.exists() for target in asked)


def test_scripts_fetched_later_are_found_from_where_they_are_asked_for(collected: Path) -> None:
    asked = IMPORTED_LATER
    for name in SCRIPTS:
        meant = {(path.parent / other).resolve() for path in modules(name) for other in asked.findall(path.read_text())}
        script = (collected / staticfiles_storage.stored_name(name)).read_text()
        assert {(SOURCES / "js" / other).resolve() for other in asked.findall(script)} == meant
        assert all(path.exists() for path in meant)


def test_names_of_joined_modules_do_not_meet(tmp_path: Path) -> None:
    joined = join(
        tmp_path,
        app='import { size } from "./one.js";\nimport "./two.js";\nconst LIMIT = size;\n',
        one="const LIMIT = 1;\nexport const size = LIMIT;\n",
        two='import { size } from "./one.js";\nconst LIMIT = size;\n',
    )
    assert joined == (
        "const{size}=(()=>{const LIMIT=1;const size=LIMIT;return{size};})();"
        "{const LIMIT=size;}\n{const LIMIT=size;}\nexport{size};"
    )


def test_joined_scripts_go_without_comments_and_blanks(tmp_path: Path) -> None:
    source = (
        "/** A module. */\n\n/**\n * Doubles.\n */\nclass F {\n  #factor = 2;\n\n"
        "  of(x) {\n    // Twice.\n    return this.#factor * x - -1; // That is it.\n  }\n}\n"
    )
    script = "{class F{#factor=2;of(x){return this.#factor*x- -1;}}}\nexport{size};"
    assert join(tmp_path, app=source) == script


@pytest.mark.parametrize(
    "line",
    [
        'const text = "a = b, (c)" + `d = ${ e }, f`;',
        "const found = /a = [/;] \\/ b/.exec(text);",
        "const lines = `a\n    b`;",
    ],
)
def test_texts_of_joined_scripts_stay(tmp_path: Path, line: str) -> None:
    literals = [one for one in re.findall(r"\".*?\"|`.*`|/a.*b/", line, re.DOTALL) if one]
    joined = join(tmp_path, app=f"{line}\n")
    assert literals
    assert all(literal in joined for literal in literals)


@pytest.mark.parametrize(
    "line",
    [
        "export default 1;",
        "export let changed = 1;",
        'export { size } from "./one.js";',
        'import * as one from "./one.js";',
        'import one from "./one.js";',
        "const name = import.meta.url;",
        "const one = import(name);",
        "export const size = 2;",  # as one.js does
        'import { size as one } from "./one.js";',
        "const inner = `a = ${`b = ${c}`}`;",
    ],
)
def test_scripts_that_cannot_be_joined_are_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match=r"app\.js: "):
        join(tmp_path, app=f'import {{ size }} from "./one.js";\n{line}\n', one="export const size = 1;\n")


def join(folder: Path, **sources: str) -> str:
    """Return the script `app` of these modules, joined."""
    for name, text in sources.items():
        (folder / f"{name}.js").write_text(text)
    return join_scripts(
        {f"{name}.js": (FileSystemStorage(folder), f"{name}.js") for name in sources}, "app.js", {"size"}
    )


def test_scripts_take_addresses_from_the_page() -> None:
    for path in (SOURCES / "js").rglob("*.js"):
        assert re.findall(r"""["'`]/\w.*""", path.read_text()) == [], path


def test_markup_is_made_of_text_in_one_place_only() -> None:
    sinks = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setAttribute\(\"style|createPolicy")
    users = {path.name for path in (SOURCES / "js").rglob("*.js") if sinks.search(path.read_text())}
    assert users == {"html.js"}


def test_static_files_name_no_other_origin() -> None:
    for path in (path for path in SOURCES.rglob("*.*") if path.suffix in {".css", ".js", ".svg"}):
        others = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"]*", path.read_text())
        assert set(others) <= {"http://www.w3.org/2000/svg"}, path


def test_templates_ask_for_the_icons_that_there_are() -> None:
    markup = "".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    asked = set(re.findall(r'{% icon "(\w+)"', markup)) | set(re.findall(r'href="#icon-(\w+)"', markup))
    assert asked == set(re.findall(r'<symbol id="icon-(\w+)"', markup))
    assert not re.search(r'class="icon\b(?!__)', markup), "an icon is asked for by its tag"


def test_an_icon() -> None:
    markup = Template('{% load assets %}{% icon "lock" "chip__lock" %}{% icon "send" %}').render(Context())
    lock, send = (f'aria-hidden="true"><use href="#icon-{name}"/></svg>' for name in ("lock", "send"))
    assert markup == f'<svg class="icon chip__lock" {lock}<svg class="icon" {send}'


def test_an_answer_is_whole_and_keeps_its_headers(get: Callable[..., HttpResponse]) -> None:
    response = get(FETCHED_LATER)
    assert response.status_code == 200
    assert not response.streaming
    assert response.content.decode().splitlines()[-20:] == (SOURCES / FETCHED_LATER).read_text().splitlines()[-20:]
    assert response["Content-Type"].startswith("text/javascript")
    assert "immutable" in response["Cache-Control"]


def test_a_compressed_answer(get: Callable[..., HttpResponse]) -> None:
    response = get("css/site.css", **{"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert int(response["Content-Length"]) == len(response.content) < len(get("css/site.css").content) / 2


def test_what_loads_at_first_is_smaller_where_brotli_is_taken(get: Callable[..., HttpResponse]) -> None:
    better = get("js/app.js", **{"Accept-Encoding": "gzip, br"})
    assert better["Content-Encoding"] == "br"
    assert len(better.content) < 0.9 * len(get("js/app.js", **{"Accept-Encoding": "gzip"}).content)
    assert brotli.decompress(better.content) == get("js/app.js").content


def test_answers_without_a_body(get: Callable[..., HttpResponse]) -> None:
    whole = get(FETCHED_LATER)
    head = get(FETCHED_LATER, "HEAD")
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", whole["Content-Length"])
    unchanged = get(FETCHED_LATER, **{"If-None-Match": whole["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert get(FETCHED_LATER, "POST").status_code == 405


def test_a_part_of_a_file(get: Callable[..., HttpResponse]) -> None:
    response = get(FETCHED_LATER, Range="bytes=3-9")
    assert (response.status_code, response.content) == (206, (SOURCES / FETCHED_LATER).read_bytes()[3:10])


def test_other_addresses_go_on(collected: Path) -> None:
    middleware = StaticFiles(lambda request: HttpResponse("not a file", status=404))
    assert middleware(RequestFactory().get("/conversations/")).content == b"not a file"
