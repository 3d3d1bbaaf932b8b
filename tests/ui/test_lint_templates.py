"""What the content policy and the house rules forbid in templates, styles and scripts."""

import re
from pathlib import Path

import pytest

from app.core.access import ALL_PERMISSIONS
from tests.stage import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))

FORBIDDEN = {
    "inline style": re.compile(r"\sstyle\s*="),
    "inline event handler": re.compile(r"\son[a-z]+\s*="),
    "inline script": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "style element": re.compile(r"<style\b", re.IGNORECASE),
    "|safe": re.compile(r"\|\s*safe\b"),
    "autoescape off": re.compile(r"autoescape\s+false"),
    "hx-on": re.compile(r"\bhx-on\b"),
    "hx-boost": re.compile(r"\bhx-boost\b"),
    "evaluated htmx value": re.compile(r"\b(js|javascript):"),
    "evaluated trigger filter": re.compile(r'hx-trigger\s*=\s*"[^"]*\['),
    "another host": re.compile(r"""(src|href)\s*=\s*["']https?://"""),
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TEMPLATES, ids=name_of)
def test_a_template_needs_no_exception_from_the_content_policy(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL)
    found = [rule for rule, pattern in FORBIDDEN.items() if pattern.search(text)]
    assert found == []


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_a_script_makes_no_markup_of_text_and_evaluates_nothing(path):
    text = path.read_text()
    assert not re.search(
        r"\.(innerHTML|outerHTML)\s*=[^=]|insertAdjacentHTML|document\.write|\beval\(|new Function", text
    )
    assert not re.search(r"^\s*(import|export)\s", text, re.MULTILINE), "scripts are joined, not modules"
    assert len(text.splitlines()) <= 300


@pytest.mark.parametrize("path", STYLES, ids=name_of)
def test_a_style_file_stands_in_a_layer_and_asks_no_other_host(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert "@layer" in text
    assert not re.search(r"url\((?!\"[a-z_]+\.css\"\))", text)


def test_every_permission_to_change_something_can_hide_what_it_guards():
    text = (ROOT / "static" / "css" / "can.css").read_text()
    for permission in sorted(ALL_PERMISSIONS):
        if permission.endswith(":write"):
            assert f'body:not([data-can~="{permission}"]) [data-needs="{permission}"]' in text


def test_every_permission_named_in_a_template_exists_and_is_hidden_by_style():
    style = (ROOT / "static" / "css" / "can.css").read_text()
    pattern = re.compile(r"""(?:data-needs["']?\s*[=:]\s*|can=)["']([a-z_]+:[a-z]+)["']""")
    named = {permission for path in TEMPLATES for permission in pattern.findall(path.read_text())}
    assert named <= ALL_PERMISSIONS
    assert [one for one in sorted(named) if f'[data-needs="{one}"]' not in style] == []


def test_every_icon_named_in_a_template_is_in_the_sprite():
    sprite = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static" / "icons.svg").read_text()))
    named = {name for path in TEMPLATES for name in re.findall(r'\bicon\("([a-z0-9-]+)"', path.read_text())}
    assert named <= sprite
