"""What a soak saw, told to `bin/bench soak` as lines of JSON.

A figure says what must hold in words a table can print and a runner can judge: "0", "<= 5 s", "< 50 ms", ">= 90 %";
empty text only tells. Tests assert what must never happen at any size; how fast something went is judged by the
runner alone, because a test may run on a busy machine.
"""

import json
import operator
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "FAULT_FIGURES"
BOUND = re.compile(r"(?P<sign><=|>=|<|>|)\s*(?P<bound>-?[\d.,]+)\s*(?P<unit>.*)")
SIGNS: dict[str, Callable[[float, float], bool]] = {
    "": operator.eq,
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        must: What must hold, such as "<= 5 s"; "" when the figure only tells.
        unit: What it is measured in, when `must` does not say so.
    """

    soak: str
    what: str
    measured: float | str
    must: str = ""
    unit: str = ""

    @property
    def holds(self) -> bool:
        """Say whether it is as it must be."""
        if not self.must:
            return True
        found = BOUND.fullmatch(self.must)
        if found is None or isinstance(self.measured, str):
            return str(self.measured) == self.must
        return SIGNS[found["sign"]](self.measured, float(found["bound"].replace(",", "")))

    def shown(self) -> str:
        """Return the measured value with the unit of what must hold."""
        if isinstance(self.measured, str):
            return self.measured
        found = BOUND.fullmatch(self.must)
        digits = f"{self.measured:,.0f}" if float(self.measured).is_integer() else f"{self.measured:,.4g}"
        return f"{digits} {found['unit'] if found else self.unit}".strip()


class Figures:
    """The figures of one soak; without `FAULT_FIGURES` they are told to nobody."""

    def __init__(self, soak: str) -> None:
        self.soak = soak

    def say(self, what: str, measured: float | str, must: str = "", *, unit: str = "") -> None:
        """Tell one figure."""
        if path := os.environ.get(VARIABLE):
            with Path(path).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(asdict(Figure(self.soak, what, measured, must, unit))) + "\n")


def read_figures(path: Path) -> list[Figure]:
    """Return what was told, in order."""
    if not path.exists():
        return []
    return [Figure(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
