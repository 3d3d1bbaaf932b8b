"""The demo's password: chosen at the first start, kept where its owner finds it."""

import secrets
from pathlib import Path

from app.core.embedded.keys import Keys, write_private

FILE_NAME = "demo-credentials.txt"
TEXT = """\
Quarterdeck demo logins, one password for all of them.

password: {password}

admin@demo.test       platform administrator
harbour@demo.test     administrator of Harbour Optical
staff@demo.test       staff of Harbour Optical
viewer@demo.test      viewer of Harbour Optical
northwind@demo.test   administrator of Northwind Lenses
"""


def choose_password(home: Path, keys: Keys, wanted: str | None) -> str:
    """The password the demo has or will be loaded with; the first start decides."""
    if keys.demo_password is None:
        keys.demo_password = wanted or secrets.token_urlsafe(12)
        home.mkdir(parents=True, exist_ok=True)
        write_private(home / FILE_NAME, TEXT.format(password=keys.demo_password))
    return keys.demo_password


def describe_login(home: Path) -> str:
    """One line that says how to log in."""
    lines = (home / FILE_NAME).read_text(encoding="utf-8").splitlines()
    password = next(line for line in lines if line.startswith("password: "))
    return f"Demo login: admin@demo.test, {password} (all logins: {home / FILE_NAME})"
