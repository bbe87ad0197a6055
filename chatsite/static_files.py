"""Static files: one style sheet and one script out of many, names with a hash, answers for an ASGI server."""

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
_SHEET = re.compile(r'^@import "(?P<name>[^"]+)" layer\((?P<layer>[a-z]+)\);$', re.MULTILINE)
_IMPORT = re.compile(r'^import (?:(?P<names>\{[^}]+\}) from )?"(?P<path>\.[^"]+)";\n', re.MULTILINE)
_IMPORT_LATER = re.compile(r'\bimport\("(?P<path>\.[^"]+)"\)')
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (?P<name>\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^ */\*(?:.|\n)*?\*/\n|^ *//.*\n| // .*$", re.MULTILINE)
_SHEETS_COMMENT = re.compile(r"\s*/\*.*?\*/", re.DOTALL)
_INDENTATION = re.compile(r"^ +", re.MULTILINE)
_LINE_END = re.compile(r"(?<=[{};,])\n+| (?=\{\n)")
_NOT_JOINED = re.compile(r"^(?:import|export)\b.*|\bimport\.meta|\bimport\((?!\"\.)", re.MULTILINE)


class JoinedManifestStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """The storage of collected files: joins style sheets and scripts, hashes and compresses."""

    def post_process(self, paths: Sources, dry_run: bool = False, **options: Any) -> Iterator[Any]:
        """Hash and compress the collected files, after joining those that always load together.

        What the chat page fetches later imports modules that are joined by then: their name leads to the joined script.
        The others that are joined are asked for by no name.
        """
        if dry_run or CHAT_SCRIPT not in paths:
            yield from super().post_process(paths, dry_run=dry_run, **options)
            return
        joined = {name: join_scripts(paths, name) for name in SCRIPTS} | {
            name: join_sheets(paths, name) for name in STYLE_SHEETS
        }
        written = {name: (self, self._write(name, text)) for name, text in joined.items()}
        yield from super().post_process(paths | written, **options)
        for name in joined:
            self._compress_better(self.hashed_files[name])
        address = self.hashed_files[CHAT_SCRIPT]
        for name in modules_of(paths, CHAT_SCRIPT):
            del self.hashed_files[name]
        self.hashed_files |= dict.fromkeys({CHAT_SCRIPT, *imported_later(paths)}, address)
        self.save_manifest()

    def file_hash(self, name: str, content: Any = None) -> str | None:
        """Return eight digits: hashes do not compress, and the chat page names all that it may fetch later."""
        digest: str | None = super().file_hash(name, content)
        return digest and digest[:8]

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


def join_scripts(paths: Sources, script: str) -> str:
    """Return this script behind the modules that it imports, as one module that exports what they all export.

    It goes without comments and indentation, which are a third of its compressed size.
    Raises ValueError for two exports of one name, and for imports and exports of another form than ours.
    """
    sources = {name: _read(paths, name) for name in modules_of(paths, script)}
    exported = [name for source in sources.values() for name in _EXPORT.findall(source)]
    if len(exported) > len(set(exported)):
        raise ValueError(f"{script}: two modules export the same name, of {sorted(exported)}")
    variables = {name: f"m{number}" for number, name in enumerate(sources)}  # short: they stand there 300 times
    return "".join(_as_function(name, source, script, variables) for name, source in sources.items())


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


def imported_later(paths: Sources) -> set[str]:
    """Return the names of the modules in the chat page's script that scripts outside it import."""
    joined = set(modules_of(paths, CHAT_SCRIPT))
    others = [name for name in paths if name.startswith("js/") and name.endswith(".js") and name not in joined]
    imports = {_at(name, found["path"]) for name in others for found in _IMPORT.finditer(_read(paths, name))}
    return imports & joined


def _as_function(name: str, source: str, script: str, variables: dict[str, str]) -> str:
    """Return a module as a function called once, which sees no names but its own and its imports."""
    body = _IMPORT.sub(lambda found: _imported_names(name, found, variables), source)
    body = _IMPORT_LATER.sub(lambda found: f'import("./{_from(script, _at(name, found["path"]))}")', body)
    body = _INDENTATION.sub("", _COMMENT.sub("", _EXPORT.sub("", body)))
    if unknown := _NOT_JOINED.search(body):
        raise ValueError(f"{name}: cannot join {unknown[0]!r}")
    if torn := next((line for line in body.splitlines() if line.count("`") % 2), None):
        raise ValueError(f"{name}: a text of several lines would lose its indentation: {torn}")
    exports = f"{{ {', '.join(_EXPORT.findall(source))} }}"
    function = f"const {variables[name]} = (() => {{\n{body}return {exports};\n}})();\n"
    return f"{function}export const {exports} = {variables[name]};\n"


def _imported_names(name: str, found: re.Match[str], variables: dict[str, str]) -> str:
    """Return an import's names as constants; a module that is imported without names has run already."""
    if not found["names"]:
        return ""
    return f"const {found['names'].replace(' as ', ': ')} = {variables[_at(name, found['path'])]};\n"


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
