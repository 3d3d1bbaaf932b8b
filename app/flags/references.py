"""Where the keys of flags stand in code: what says that a flag can go, or that it is asked under a wrong name."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = {".git", ".hg", ".venv", "venv", "node_modules", "__pycache__", "dist", "build", "var", ".mypy_cache"}
MAX_BYTES = 1_000_000  # a larger file is no code
MAX_PLACES = 200  # of one key


@dataclass(frozen=True, slots=True)
class Place:
    """One line that names a key."""

    path: str
    line: int


def find_references(root: Path, keys: Iterable[str]) -> dict[str, list[Place]]:
    """Return key → where it stands, for keys that stand anywhere.

    A key counts where it stands whole: `dark` is not found in `dark-mode`. Nothing is said about keys that are
    put together at run time.
    """
    wanted = sorted(keys, key=len, reverse=True)  # the longer of two that begin alike is tried first
    if not wanted:
        return {}
    # Where a name may go on or begin: not inside a longer key.
    pattern = re.compile(
        r"(?<![A-Za-z0-9._-])(" + "|".join(map(re.escape, wanted)) + r")(?![A-Za-z0-9_-]|\.[A-Za-z0-9])"
    )
    found: dict[str, list[Place]] = {}
    for path in _files(root):
        for number, line in enumerate(_lines(path), 1):
            for match in pattern.finditer(line):
                places = found.setdefault(match[1], [])
                if len(places) < MAX_PLACES:
                    places.append(Place(str(path), number))
    return found


def _files(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
        return
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        for name in sorted(names):
            yield Path(folder) / name


def _lines(path: Path) -> list[str]:
    """Return the lines of a text file; none of one that is no text, too large or not readable."""
    try:
        if path.stat().st_size > MAX_BYTES or path.is_symlink():
            return []
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
