"""Letters from templates: text and HTML that say the same, escaped, from nowhere else."""

import re
from pathlib import Path

import pytest
from flask import Flask

from app.core.mail import compose
from app.core.mailing.letters import write_letter
from tests.stage import ROOT

NAMES = sorted(path.stem for path in (ROOT / "templates" / "mail").glob("*.txt") if path.stem != "base")
VALUES = {
    "company": "Fish & <b>Chips</b>", "role": "staff", "link": "/x?a=1&b=2", "name": "Ada",
    "text": "Late: <script>alert(1)</script>", "title": "Sales report", "period": "1 Nov 2026", "days": 30,
    "report": "/x?a=1&b=2", "is_attached": True, "lines": ["Sold, GBP: 12.50"],
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_both_parts_carry_the_link_and_the_html_is_escaped(app: Flask, name: str) -> None:
    with app.app_context():
        letter = write_letter("a@example.test", name, subject="Hello", **VALUES)
    assert "/x?a=1&b=2" in letter.text
    assert "/x?a=1&amp;b=2" in letter.html
    assert "<script>" not in letter.html
    assert "<b>Chips" not in letter.html


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_fetched_from_anywhere(name: str) -> None:
    text = Path(ROOT / "templates" / "mail" / f"{name}.html").read_text()
    assert not re.search(r"<(img|link|script|iframe)\b|\bsrc=|background=", text)


def test_a_subject_cannot_begin_another_header(app: Flask) -> None:
    with app.app_context():
        letter = write_letter("a@example.test", "reset", subject="Hello\r\nBcc: all@example.test", **VALUES)
        message = compose(letter, "us@example.test")
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: all@example.test"
