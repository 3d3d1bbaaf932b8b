"""Style, script and icons: joined at start-up, named by their content, kept by browsers for a year.

There is no build step. `asset("app.css")` gives the address; a page that is older than this process asks for
an address with an old hash and gets the current content, uncached, so a rolling release breaks no page.
"""

import gzip
import re
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request
from werkzeug.exceptions import NotFound

from app.core.access import PUBLIC, allow

YEAR_S = 31_536_000
RELOAD_S = 1.0
HASH_LENGTH = 12
TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
VENDORED = {"htmx.js": "vendor/htmx-4.0.1.min.js", "socket.io.js": "vendor/socket.io-4.8.3.min.js"}
PAGES = ("send",)
PLAIN = ("icons.svg", "flag-healthy.svg", "flag-danger.svg")

bp = Blueprint("assets", __name__)


@dataclass(frozen=True)
class Asset:
    """One file as browsers get it."""

    name: str
    body: bytes
    packed: bytes
    digest: str

    @property
    def url(self) -> str:
        """The address that changes with the content: `/assets/app-3f2a1b4c5d6e.css`."""
        stem, _, ending = self.name.rpartition(".")
        return f"/assets/{stem}-{self.digest}.{ending}"


class Assets:
    """All assets of one process, read once; in debug mode read again when a file changes."""

    def __init__(self, folder: Path, *, reload: bool) -> None:
        self.folder = folder
        self.reload = reload
        self.checked_at = 0.0
        self.stamp = self._newest()
        self.by_name = load_assets(folder)

    def get(self, name: str) -> Asset:
        """Return an asset by its plain name, such as `app.css`."""
        if self.reload and time.monotonic() - self.checked_at > RELOAD_S:
            self.checked_at = time.monotonic()
            stamp = self._newest()
            if stamp != self.stamp:
                self.stamp, self.by_name = stamp, load_assets(self.folder)
        return self.by_name[name]

    def _newest(self) -> float:
        return max((path.stat().st_mtime for path in self.folder.rglob("*.*")), default=0.0)


def load_assets(folder: Path) -> dict[str, Asset]:
    """Read, join, strip and pack every asset."""
    bodies = {
        "app.css": join_css(folder / "css" / "app.css"),
        "app.js": join_js(sorted((folder / "js").glob("*.js"))),
        # What one page alone needs: each folder is a style and a script of its own.
        **{f"{page}.js": join_js(sorted((folder / "js" / page).glob("*.js"))) for page in PAGES},
        **{f"{page}.css": join_css(folder / "css" / page / f"{page}.css") for page in PAGES},
        **{name: (folder / path).read_bytes() for name, path in VENDORED.items()},
        **{name: re.sub(rb"<!--.*?-->\s*", b"", (folder / name).read_bytes(), flags=re.DOTALL) for name in PLAIN},
    }
    return {name: make_asset(name, body) for name, body in bodies.items()}


def make_asset(name: str, body: bytes) -> Asset:
    """Pack a body and name it by its content. mtime=0, so that every process makes the same bytes."""
    return Asset(name, body, gzip.compress(body, 9, mtime=0), sha256(body).hexdigest()[:HASH_LENGTH])


def join_css(entry: Path) -> bytes:
    """Put the imported files where their `@import` stands, and take comments and indentation away."""

    def inline(match: re.Match[str]) -> str:
        return (entry.parent / match[1]).read_text()

    text = re.sub(r'@import url\("([a-z_]+\.css)"\);', inline, entry.read_text())
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = "\n".join(line.strip() for line in text.splitlines() if line.strip())
    return re.sub(r"\s*([{};])\s*", r"\1", text).encode()


def join_js(paths: list[Path]) -> bytes:
    """Put each script into a block of its own, so that its names stay its own, and take whole-line comments away.

    Indentation goes as well: no script of ours has a text of several lines.
    """
    parts = []
    for path in paths:
        text = re.sub(r"^\s*/\*.*?\*/\s*$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE)
        lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("//")]
        parts.append("{\n" + "\n".join(lines) + "\n}")
    return ('"use strict";\n' + "\n".join(parts)).encode()


def asset(name: str) -> str:
    """Return the address of an asset. Works outside a request too: pushed rows hold icons."""
    store: Assets = current_app.extensions["assets"]
    return store.get(name).url


@bp.get("/assets/<string:file>")
@allow(PUBLIC, session=False)
def show_asset(file: str) -> Response:
    """Send an asset; it needs no session and sets no cookie."""
    stem, _, ending = file.rpartition(".")
    name, _, digest = stem.rpartition("-")
    store: Assets = current_app.extensions["assets"]
    try:
        found = store.get(f"{name}.{ending}")
    except KeyError:
        raise NotFound from None
    is_packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = Response(found.packed if is_packed else found.body, mimetype=TYPES[ending])
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    is_current = digest == found.digest
    response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable" if is_current else "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.set_etag(f"{found.digest}-gz" if is_packed else found.digest)
    response.make_conditional(request)
    return response


def init_assets(app: Flask) -> None:
    """Read the assets and serve them."""
    folder = Path(app.static_folder or "static")
    app.extensions["assets"] = Assets(folder, reload=app.debug)
    app.jinja_env.globals["asset"] = asset
    app.register_blueprint(bp)
