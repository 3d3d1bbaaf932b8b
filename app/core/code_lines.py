"""Which line of ours is at work: of the code, or of the template."""

import sys
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).parents[2]
# What only passes statements on.
PASSERS = frozenset(
    str(ROOT / "app" / "core" / name) for name in ("statements.py", "code_lines.py", "db.py", "pool.py", "batch.py")
)
OURS = (str(ROOT / "app") + "/", str(ROOT / "bench") + "/")
TEMPLATES = str(ROOT / "templates") + "/"
DEEPEST = 120
_places: dict[str, str] = {}


def find_line() -> str:
    """Return `app/orders/reads.py:88`, the nearest line of ours; "" when there is none."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (the stack without its source: 3 µs)
    for _ in range(DEEPEST):
        if frame is None:
            break
        place = _place_of(frame)
        if place:
            return f"{place}:{line_of(frame)}"
        frame = frame.f_back
    return ""


def is_inside(function: str) -> bool:
    """Say whether a function of this name is at work above."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 (as above)
    for _ in range(DEEPEST):
        if frame is None:
            break
        if frame.f_code.co_name == function:
            return True
        frame = frame.f_back
    return False


def line_of(frame: FrameType) -> int:
    """Return the line, a template's when its compiled code runs."""
    template: Any = frame.f_globals.get("__jinja_template__")  # Any: Jinja's, when the frame is one of its
    return int(template.get_corresponding_lineno(frame.f_lineno)) if template is not None else frame.f_lineno


def _place_of(frame: FrameType) -> str:
    filename = frame.f_code.co_filename
    found = _places.get(filename)
    if found is None:
        found = _places[filename] = _name_of(filename)
    return found


def _name_of(filename: str) -> str:
    if filename in PASSERS:
        return ""
    if filename.startswith(OURS) or (filename.startswith(TEMPLATES) and filename.endswith(".html")):
        return filename.removeprefix(str(ROOT) + "/")
    return ""
