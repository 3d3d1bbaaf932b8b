"""What the database cannot keep of a JSON document: looked for first, whatever else the document means."""

import math
from typing import Any

from app.flags.flagd.faults import Fault, below

DEEPEST = 120  # a rule may be nested 50 deep, which is an object and a list each
SHOWN = 20  # one mistake made by a program is in every flag


def check_storable(document: Any) -> list[Fault]:
    """Return where a document is nested too deeply, or holds a character or number that JSON itself does not know."""
    faults: list[Fault] = []
    waiting: list[tuple[str, int, Any]] = [("", 0, document)]
    while waiting and len(faults) < SHOWN:
        path, depth, value = waiting.pop()
        if depth > DEEPEST:
            faults.append(Fault(path, f"A document may be nested {DEEPEST} deep."))
        elif isinstance(value, str):
            faults += _check_text(value, path)
        elif isinstance(value, float) and not math.isfinite(value):
            faults.append(Fault(path, "This is no number."))
        elif isinstance(value, dict):
            for key, item in value.items():
                faults += _check_text(key, path)
                waiting.append((below(path, key), depth + 1, item))
        elif isinstance(value, list):
            waiting += [(below(path, at), depth + 1, item) for at, item in enumerate(value)]
    return faults[:SHOWN]


def _check_text(text: str, path: str) -> list[Fault]:
    try:
        fine = b"\x00" not in text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        fine = False
    return [] if fine else [Fault(path, "A text holds U+0000 or half of a character; remove it.")]
