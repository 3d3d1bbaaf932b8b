"""Style, script and icons: small, kept for a year, without a session."""

import gzip
import re
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask

from app.core.assets import Assets, asset, join_css, join_js
from tests.stage import ROOT

STATIC = ROOT / "static"
NAMES = ["app.css", "app.js", "htmx.js", "socket.io.js", "icons.svg", "flag-healthy.svg", "flag-danger.svg"]


def address(app: Flask, name: str) -> str:
    with app.app_context():
        return asset(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_asset_is_kept_for_a_year_and_needs_no_session(app, name):
    url = address(app, name)
    answer = app.test_client().get(url, headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Set-Cookie" not in answer.headers
    assert sha256(gzip.decompress(answer.data)).hexdigest()[:12] in url


def test_an_asset_known_to_the_browser_is_not_sent_again(app):
    url = address(app, "app.css")
    etag = app.test_client().get(url).headers["ETag"]
    assert app.test_client().get(url, headers={"If-None-Match": etag}).status_code == 304


def test_a_browser_without_gzip_gets_plain_bytes(app):
    answer = app.test_client().get(address(app, "icons.svg"))
    assert "Content-Encoding" not in answer.headers
    assert answer.data.startswith(b"<svg")


def test_a_page_from_before_the_release_still_gets_its_style(app):
    answer = app.test_client().get("/assets/app-000000000000.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/assets/nothing-000000000000.css", "/assets/app.css", "/assets/..%2fconfig-0.py", "/assets/x"]
)
def test_anything_else_is_not_there(app, path):
    assert app.test_client().get(path).status_code == 404


def test_a_cold_page_stays_inside_its_budget(app):
    store: Assets = app.extensions["assets"]
    size = {name: len(store.get(name).packed) for name in NAMES}
    assert size["app.css"] <= 20_000
    # What is left of 80 KB for the page itself, which has at most 20.
    shared = size["app.css"] + size["app.js"] + size["htmx.js"] + size["socket.io.js"] + size["icons.svg"] + 400
    assert shared <= 60_000, size


def test_every_style_file_is_imported_once():
    imported = re.findall(r'@import url\("([a-z_]+\.css)"\);', (STATIC / "css" / "app.css").read_text())
    assert sorted(imported) == sorted(path.name for path in (STATIC / "css").glob("*.css") if path.name != "app.css")


def test_joined_style_keeps_its_layers_and_loses_its_comments():
    text = join_css(STATIC / "css" / "app.css").decode()
    assert text.startswith("@layer reset, tokens, base, layout, components, utilities, media;")
    assert "/*" not in text
    assert "@import" not in text
    assert 'content: "-  "' in text


def test_scripts_do_not_see_each_others_names(tmp_path: Path):
    first, second = tmp_path / "a.js", tmp_path / "b.js"
    first.write_text("// why\nconst shown = 1; // kept, it is not a line of its own\n")
    second.write_text("/* why */\nconst shown = 'http://x';\n")
    joined = join_js([first, second]).decode()
    assert joined.splitlines()[0] == '"use strict";'
    assert joined.count("{\nconst shown") == 2
    assert "// why" not in joined
    assert "/* why */" not in joined
    assert "'http://x'" in joined


def test_debug_mode_reads_changed_files_again(tmp_path: Path, monkeypatch):
    import shutil

    monkeypatch.setattr("app.core.assets.RELOAD_S", -1.0)
    folder = tmp_path / "static"
    shutil.copytree(STATIC, folder)
    store = Assets(folder, reload=True)
    before = store.get("app.css").digest
    newest = max(path.stat().st_mtime for path in folder.rglob("*.*"))
    (folder / "css" / "base.css").write_text("p { color: red; }")
    import os

    os.utime(folder / "css" / "base.css", (newest + 5, newest + 5))
    assert store.get("app.css").digest != before


def test_vendored_files_are_the_ones_written_down():
    readme = (STATIC / "vendor" / "README.md").read_text()
    for path in (STATIC / "vendor").glob("*.js"):
        assert f"| {path.name} |" in readme
        assert sha256(path.read_bytes()).hexdigest() in readme
