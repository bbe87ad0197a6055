"""The static files for browsers: one style sheet, hashed scripts that find each other, plain answers."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.test import RequestFactory

from chatsite.static_collection import collect_if_changed
from chatsite.static_files import StaticFiles

SOURCES = Path(__file__).parent.parent / "static"
TEMPLATES = SOURCES.parent / "templates"
IMPORTED_AT_FIRST = re.compile(r'^import (?:.* from )?"(\.[^"]+)";$', re.MULTILINE)
IMPORTED = re.compile(r'\b(?:import|from)\s*\(?\s*"(\.[^"]+)"')
ADMINISTRATION = {  # linked by its own pages
    f"{name}.css" for name in ("admin", "chart", "dashboard", "figures", "key", "report", "subject-filter", "vendor")
}
OTHER_SIZES = [
    ("admin.css", "padding: 0 40px 20px"),  # as Django's own content stands
    ("admin.css", "padding-inline: 20px"),
    (
        "entrance.css",
        "padding: clamp(var(--space-4), 8vh, 6rem) var(--space-4) var(--space-6)",
    ),  # most room above a card
]
MOST_MODULES_AT_FIRST = 32


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def collect(collected: Path, settings: LazySettings) -> None:
    settings.STATIC_ROOT = collected
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "chatsite.static_files.JoinedManifestStorage"}}
    if not any(collected.iterdir()):
        call_command("collectstatic", interactive=False, verbosity=0)


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


def import_map() -> dict[str, str]:
    request = HttpRequest()
    request.csp_nonce = "a-nonce"  # type: ignore[attr-defined]
    markup = Template("{% load assets %}{% importmap %}").render(Context({"request": request}))
    found = re.fullmatch(r'<script type="importmap" nonce="a-nonce">(.*)</script>', markup)
    return json.loads(found[1])["imports"] if found else {}


def preloads() -> list[str]:
    markup = Template('{% load assets %}{% preloads "js/app.js" %}').render(Context())
    return re.findall(r'<link rel="modulepreload" href="(.+?)">', markup)


def test_the_style_sheet_holds_all_its_parts_in_order(collected: Path) -> None:
    parts = re.findall(r'@import "(.+?)" layer\((.+?)\);', (SOURCES / "css/site.css").read_text())
    sheet = (collected / staticfiles_storage.stored_name("css/site.css")).read_text()
    assert "@import" not in sheet
    assert re.findall(r"^@layer (\w+) \{$", sheet, re.MULTILINE) == [layer for _, layer in parts]
    places = [sheet.index((SOURCES / "css" / name).read_text().strip()) for name, _ in parts]
    assert len(parts) > 10
    assert places == sorted(places)


def test_every_component_sheet_is_imported() -> None:
    imported = set(re.findall(r'@import "(.+?)"', (SOURCES / "css/site.css").read_text()))
    assert imported == {path.name for path in (SOURCES / "css").glob("*.css")} - {"site.css"} - ADMINISTRATION


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


def test_colours_are_named_in_one_place() -> None:
    raw = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(rgb|hsl|oklch)a?\(")
    sheets = {path for path in (SOURCES / "css").glob("*.css") if path.name not in {"colors.css", *ADMINISTRATION}}
    found = {(path.name, value) for path in sheets for _, value in declarations(path) if raw.search(value)}
    assert found == {("second-factor.css", "#ffffff"), ("second-factor.css", "#000000")}  # a code that cameras read


def test_collecting_twice_changes_nothing(collected: Path) -> None:
    before = (collected / "staticfiles.json").read_text()
    call_command("collectstatic", interactive=False, verbosity=0)
    assert (collected / "staticfiles.json").read_text() == before


def test_what_another_version_collected_is_replaced_whatever_its_age(collected: Path) -> None:
    """Sources may be older than their copies: after an upgrade from an archive, and after the way back."""
    script, sheet = collected / "js/app.js", (collected / "css/site.css").read_text()
    script.write_text('import "./helpers/of-another-version.js";\n')
    call_command("collectstatic", interactive=False, verbosity=0)
    assert script.read_text() == (SOURCES / "js/app.js").read_text()
    assert (collected / "css/site.css").read_text() == sheet


def test_every_import_of_every_script_is_in_the_import_map(collected: Path) -> None:
    addresses = import_map()
    scripts = list((SOURCES / "js").rglob("*.js"))
    imports = [(script.parent / name).resolve() for script in scripts for name in IMPORTED.findall(script.read_text())]
    assert len(imports) > 10
    for target in imports:
        plain = f"/static/{target.relative_to(SOURCES)}"
        assert (collected / addresses[plain].removeprefix("/static/")).read_text() == target.read_text()


def test_the_import_map_is_empty_where_names_are_not_hashed(settings: LazySettings) -> None:
    settings.DEBUG = True
    assert import_map() == {}
    assert preloads() == []
    settings.DEBUG = False
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": plain}}
    assert import_map() == {}


def test_the_chat_page_loads_few_scripts_at_first_and_all_at_once() -> None:
    loaded: set[Path] = set()
    waiting = [SOURCES / "js/app.js"]
    while waiting:
        script = waiting.pop()
        loaded.add(script)
        imports = {(script.parent / name).resolve() for name in IMPORTED_AT_FIRST.findall(script.read_text())}
        waiting += imports - loaded
    assert SOURCES / "js/models/socket.js" in loaded
    assert len(loaded) <= MOST_MODULES_AT_FIRST
    preloaded = preloads()
    names = [f"js/{path.relative_to(SOURCES / 'js')}" for path in loaded]
    assert sorted(preloaded) == sorted(staticfiles_storage.url(name) for name in names if name != "js/app.js")


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
    assert len(re.findall(r'class="icon\b(?!__)', markup)) == 1, "an icon is asked for by its tag"


def test_an_icon() -> None:
    markup = Template('{% load assets %}{% icon "lock" "chip__lock" %}{% icon "send" %}').render(Context())
    lock, send = (f'aria-hidden="true"><use href="#icon-{name}"/></svg>' for name in ("lock", "send"))
    assert markup == f'<svg class="icon chip__lock" {lock}<svg class="icon" {send}'


def test_an_answer_is_whole_and_keeps_its_headers(get: Callable[..., HttpResponse]) -> None:
    response = get("js/app.js")
    assert response.status_code == 200
    assert not response.streaming
    assert response.content == (SOURCES / "js/app.js").read_bytes()
    assert response["Content-Type"].startswith("text/javascript")
    assert "immutable" in response["Cache-Control"]


def test_a_compressed_answer(get: Callable[..., HttpResponse]) -> None:
    response = get("css/site.css", **{"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert int(response["Content-Length"]) == len(response.content) < len(get("css/site.css").content) / 2


def test_answers_without_a_body(get: Callable[..., HttpResponse]) -> None:
    whole = get("js/app.js")
    head = get("js/app.js", "HEAD")
    assert (head.status_code, head.content, head["Content-Length"]) == (200, b"", whole["Content-Length"])
    unchanged = get("js/app.js", **{"If-None-Match": whole["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert get("js/app.js", "POST").status_code == 405


def test_a_part_of_a_file(get: Callable[..., HttpResponse]) -> None:
    response = get("js/app.js", Range="bytes=3-9")
    assert (response.status_code, response.content) == (206, (SOURCES / "js/app.js").read_bytes()[3:10])


def test_other_addresses_go_on(collected: Path) -> None:
    middleware = StaticFiles(lambda request: HttpResponse("not a file", status=404))
    assert middleware(RequestFactory().get("/conversations/")).content == b"not a file"
