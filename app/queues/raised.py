"""A traceback as people read it: our own frames, and how many of others lie between them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+), in (?P<function>.+)$')
OURS = re.compile(r"^(?:.*/)?((?:app|tests)/.+\.py|config\.py|wsgi\.py)$")
PACKAGE = re.compile(r"/site-packages/([^/.]+)")
MARKS = re.compile(r"^\s*[\^~]+\s*$")
RUNNERS = ("app/core/running.py", "app/core/tasks.py")  # above every job, and never the reason
HEAD = "Traceback (most recent call last):"


@dataclass(frozen=True)
class Line:
    """A line of it. `kind` is "" for our code, "c" for what is folded or said in between, "e" for the error."""

    text: str
    kind: str = ""


def fold(traceback: str) -> list[Line]:
    """Return the lines of a traceback with the frames of others folded."""
    found: list[Line] = []
    folded: list[str] = []
    for block in _blocks(traceback):
        match = FRAME.match(block[0])
        if match is None:
            found += [*_told(folded), *(_said(text) for text in block if text.strip() and text != HEAD)]
            folded = []
        elif ours := _own(match["path"]):
            found += [*_told(folded), Line(f'File "{ours}", line {match["line"]}, in {match["function"]}')]
            found += [Line(f"    {text.strip()}") for text in block[1:]]
            folded = []
        else:
            folded.append(_owner(match["path"]))
    return [*found, *_told(folded)]


def _blocks(traceback: str) -> Iterator[list[str]]:
    """Yield each frame with its code, and every other line by itself."""
    block: list[str] = []
    for line in traceback.splitlines():
        if MARKS.match(line):
            continue
        if block and FRAME.match(block[0]) and line.startswith("    ") and not FRAME.match(line):
            block.append(line)
            continue
        if block:
            yield block
        block = [line]
    if block:
        yield block


def _own(path: str) -> str | None:
    match = OURS.match(path)
    is_ours = match is not None and "/site-packages/" not in path and not path.endswith(RUNNERS)
    return match[1] if match is not None and is_ours else None


def _owner(path: str) -> str:
    match = PACKAGE.search(path)
    return match[1] if match is not None else "the worker" if path.endswith(RUNNERS) else "Python"


def _told(owners: list[str]) -> list[Line]:
    if not owners:
        return []
    names = list(dict.fromkeys(owners))
    words = f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
    return [Line(f"  … {len(owners)} {'frame' if len(owners) == 1 else 'frames'} of {words}", "c")]


def _said(text: str) -> Line:
    is_error = re.match(r"^[A-Za-z_][\w.]*(?:: |$)", text) is not None
    return Line(text, "e" if is_error else "c")
