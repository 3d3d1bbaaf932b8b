"""Files of NAME=value lines: a person's .env, and the settings the running services are reached by."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from app.core.embedded.keys import write_private


def read_env_file(path: Path) -> dict[str, str]:
    """The settings in a file; none when there is no file.

    Raises:
        RuntimeError: a line is not NAME=value; it is named by its number, since it may hold a secret.
    """
    found: dict[str, str] = {}
    if not path.is_file():
        return found
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip().removeprefix("export ")
        if not text or text.startswith("#"):
            continue
        name, equals, value = text.partition("=")
        try:
            words = shlex.split(value, comments=True)
        except ValueError:
            equals = ""
        if not equals or not name.strip().isidentifier():
            raise RuntimeError(f"{path}, line {number} is not NAME=value.")
        found[name.strip()] = " ".join(words)
    return found


def write_env_file(path: Path, settings: Mapping[str, str]) -> None:
    """Write settings for our own eyes alone, in a form a shell can read too."""
    write_private(path, "".join(f"{name}={shlex.quote(value)}\n" for name, value in sorted(settings.items())))
