"""Static files: one style sheet and one script out of many, names with a hash, answers for an ASGI server."""

import hashlib
import posixpath
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

import brotli
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse
from rjsmin import jsmin
from whitenoise.compress import Compressor
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

from chatsite.middleware import NO_PAGE, Asset

Sources = dict[str, tuple[Storage, str]]

STYLE_SHEETS = ("css/site.css", "css/pages.css", "css/admin.css")
"""The style sheets that pages name and that are made of several."""
CHAT_SCRIPT = "js/app.js"
SCRIPTS = (
    CHAT_SCRIPT,
    "js/appearance.js",
    "js/copy-secret.js",
    "js/import.js",
    "js/search.js",
    "js/model-table.js",
    "js/notifications.js",
    "js/once.js",
    "js/passkeys.js",
    "js/push.js",
    "js/sign-out.js",
    "js/prompt.js",
    "js/team-defaults.js",
    "js/zone.js",
)
"""The scripts that pages name."""
_SHARED_HASH = re.compile(r"js-[0-9a-f]{8}/")
_SHEET = re.compile(r'^@import "(?P<name>[^"]+)" layer\((?P<layer>[a-z]+)\);$', re.MULTILINE)
_IMPORT = re.compile(r'^import (?:(?P<names>\{[^}]+\}) from )?"(?P<path>\.[^"]+)";\n', re.MULTILINE)
_IMPORT_LATER = re.compile(r'\bimport\("(?P<path>\.[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (?P<name>\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^ */\*(?:.|\n)*?\*/\n|^ *//.*\n| // .*$", re.MULTILINE)
_SHEETS_COMMENT = re.compile(r"\s*/\*.*?\*/", re.DOTALL)
_INDENTATION = re.compile(r"^ +", re.MULTILINE)
_LINE_END = re.compile(r"(?<=[{};,])\n+| (?=\{\n)")
_NOT_JOINED = re.compile(r"^(?:import|export)\b.*|\bimport\.meta|\bimport\((?!\"\.)|\$\{[^}`]*`", re.MULTILINE)
"""Imports of other forms than ours, and texts in texts, of which `jsmin` would take blanks."""


class JoinedManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """The storage of collected files: joins style sheets and scripts, hashes and compresses."""

    def post_process(self, paths: Sources, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Hash and compress the collected files, after joining those that always load together."""
        if dry_run or CHAT_SCRIPT not in paths:
            yield from super().post_process(paths, dry_run=dry_run, **options)
            return
        sheets = {name: (self, self._write(name, join_sheets(paths, name))) for name in STYLE_SHEETS}
        others = {name: source for name, source in paths.items() if not name.startswith("js/")}
        yield from super().post_process(others | sheets, **options)
        yield from self._place(browser_scripts(paths))
        for name in (*STYLE_SHEETS, *SCRIPTS):
            self._compress_better(self.hashed_files[name])
        self.save_manifest()

    def _place(self, scripts: dict[str, str]) -> Iterator[Any]:
        """Write the scripts into a folder named by the hash of them all, in which they find each other."""
        digest = hashlib.sha256(repr(sorted(scripts.items())).encode()).hexdigest()[:8]
        for name, text in scripts.items():
            self.hashed_files[name] = self._write(name.replace("js/", f"js-{digest}/", 1), text)
            yield name, self.hashed_files[name], True
        for name, compressed in self.compress_files([self.hashed_files[name] for name in scripts]):
            yield name, compressed, True

    def get_modified_time(self, name: str) -> datetime:
        """Raise NotImplementedError, so that every copy is replaced.

        Another version's copy may be newer than the source that replaces it: archives keep the times of their files.
        """
        raise NotImplementedError

    def create_compressor(self, **options: Any) -> Compressor:
        """Return a compressor with gzip alone: the other one takes a second for all that pages rarely need."""
        return Compressor(use_brotli=False, **options)

    def _compress_better(self, name: str) -> None:
        """Write what pages load at first with brotli, too, which is a sixth smaller; for https and this machine."""
        path = Path(self.path(name))
        path.with_name(f"{path.name}.br").write_bytes(brotli.compress(path.read_bytes()))

    def _write(self, name: str, text: str) -> str:
        self.delete(name)
        return str(self.save(name, ContentFile(text.encode())))


def join_sheets(paths: Sources, name: str) -> str:
    """Return the style sheet with every imported sheet in its place, as a block of its layer.

    It goes without comments, indentation and line ends.
    """
    folder = PurePosixPath(name).parent

    def block(found: re.Match[str]) -> str:
        return f"@layer {found['layer']} {{\n{_read(paths, str(folder / found['name']))}}}"

    sheet = _INDENTATION.sub("", _SHEETS_COMMENT.sub("", _SHEET.sub(block, _read(paths, name))))
    return _LINE_END.sub("", sheet)


def browser_scripts(paths: Sources) -> dict[str, str]:
    """Return all scripts by name, as browsers get them: those that pages name, joined, and those fetched later.

    What is fetched later finds the modules that run with the chat page in that page's script.
    """
    chat = set(modules_of(paths, CHAT_SCRIPT))
    scripts = {name for name in paths if name.startswith("js/") and name.endswith(".js")}
    later = {name: _read(paths, name) for name in scripts - chat - set(SCRIPTS)}
    joined = {name: join_scripts(paths, name, set()) for name in SCRIPTS if name != CHAT_SCRIPT}
    joined[CHAT_SCRIPT] = join_scripts(paths, CHAT_SCRIPT, names_imported(later, chat))
    return joined | {name: _leading_to(CHAT_SCRIPT, chat, name, source) for name, source in later.items()}


def join_scripts(paths: Sources, script: str, wanted: set[str]) -> str:
    """Return this script behind the modules that it imports, as one module that exports the wanted names.

    It goes without comments and most blanks, which are a third of its compressed size.
    Raises ValueError for two exports of one name, and for what is of another form than ours.
    """
    sources = {name: _read(paths, name) for name in modules_of(paths, script)}
    exported = [name for source in sources.values() for name in _EXPORT.findall(source)]
    if len(exported) > len(set(exported)):
        raise ValueError(f"{script}: two modules export the same name, of {sorted(exported)}")
    functions = (_as_function(name, source, script) for name, source in sources.items())
    exports = f"export {{ {', '.join(sorted(wanted))} }};\n" if wanted else ""
    return str(jsmin("".join([*functions, exports])))


def modules_of(paths: Sources, script: str) -> list[str]:
    """Return the names of the modules that run with this script, each behind those that it imports."""
    found: list[str] = []

    def add(name: str) -> None:
        for imported in _IMPORT.finditer(_read(paths, name)):
            if (module := _at(name, imported["path"])) not in found:
                add(module)
        found.append(name)

    add(script)
    return found


def names_imported(scripts: dict[str, str], modules: set[str]) -> set[str]:
    """Return the names that these scripts, given with their text, import from the modules."""
    imports = ((_at(name, found["path"]), found) for name, text in scripts.items() for found in _IMPORT.finditer(text))
    lists = (found["names"] or "" for module, found in imports if module in modules)
    return {listed.split()[0] for names in lists for listed in re.findall(r"\w[\w ]*", names)}


def _leading_to(script: str, modules: set[str], name: str, source: str) -> str:
    """Return a script's text with its imports of the modules leading to the script that holds them."""

    def led(found: re.Match[str]) -> str:
        is_there = _at(name, found["path"]) in modules
        return found[0].replace(found["path"], _from(name, script)) if is_there else found[0]

    return _IMPORT.sub(led, source)


def _as_function(name: str, source: str, script: str) -> str:
    """Return a module as a function called once. It sees its own names and what the modules before it export."""
    body = _IMPORT.sub(_unless_renamed, source)
    body = _IMPORT_LATER.sub(lambda found: f'import("./{_from(script, _at(name, found["path"]))}")', body)
    body = _COMMENT.sub("", _EXPORT.sub("", body))
    if unknown := _NOT_JOINED.search(body):
        raise ValueError(f"{name}: cannot join {unknown[0]!r}")
    exports = ",".join(_EXPORT.findall(source))
    if not exports:
        return f"{{\n{body}}}\n"
    return f"const {{ {exports} }} = (() => {{\n{body}return {{ {exports} }};\n}})();\n"


def _unless_renamed(found: re.Match[str]) -> str:
    """Return nothing for an import: what it names is in sight, unless under another name."""
    return found[0] if " as " in (found["names"] or "") else ""


def _at(name: str, path: str) -> str:
    """Return the name of the file at this path beside the file of this name."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))


def _from(name: str, other: str) -> str:
    """Return the path that leads from the file of this name to the other."""
    return posixpath.relpath(other, posixpath.dirname(name))


def _read(paths: Sources, name: str) -> str:
    storage, path = paths[name]
    with storage.open(path) as file:
        return bytes(file.read()).decode()


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, answering with bytes: its file iterators are synchronous and make ASGI servers warn and buffer."""

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Return whether a browser may keep this file for ever: its name or its folder's has a hash."""
        name = url.removeprefix(self.static_prefix)
        return bool(_SHARED_HASH.match(name)) or bool(super().immutable_file_test(path, url))

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """Return the answer to a request for this file, with WhiteNoise's own headers and status."""
        answer = static_file.get_response(request.method, request.META)
        response = Asset(_content(answer.file), status=int(answer.status))
        del response["Content-Type"]
        for header, value in answer.headers:
            response[header] = value
        response["Content-Security-Policy"] = NO_PAGE
        return response


def _content(file: Any) -> bytes:
    if file is None:
        return b""
    with file:
        return bytes(file.read())
