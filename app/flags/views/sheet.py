"""What every page of one flag shows: the flag, where it is looked at, and the addresses around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.flags.engine.evaluate import Table
from app.flags.engine.model import WHOLE, Decider, Flag, Scope
from app.flags.problems import FlagNotFound
from app.flags.reads.detail import FlagDetail, find_flag
from app.flags.views.places import Place
from app.flags.views.reach import MARKS, Reach
from app.flags.views.tables import table_of
from app.flags.views.wording import UNITS, WHO, percent_text

MIDDLE = (4_000, 96_000)  # a figure nearer to an edge of the bar is written inwards


@dataclass(frozen=True, slots=True)
class Sheet:
    """One flag in one environment, with the engine's own reading of it."""

    one: FlagDetail
    place: Place
    table: Table
    setup: Flag

    def frame(self, endpoint: str = "show_flag", **values: Any) -> dict[str, Any]:
        """Return what templates need of it; `endpoint` is the page that the switch of environments leads to."""
        from app.flags.views.places import other_places

        key, place = self.one.key, self.place
        return {
            "one": self.one,
            "setup": self.setup,
            "env": place.environment,
            "address_environment": place.address,
            "is_home": place.is_home,
            "here": place.of("show_flag", key=key),
            "index_href": place.index(),
            "edit_href": place.of("edit_flag", key=key),
            "switch_href": place.of("ask_switch", key=key),
            "lists_href": place.lists(key),
            "environments": other_places(endpoint, place, key=key, **values),
            "who": WHO[self.setup.scope],
            "unit": UNITS[self.setup.scope][0],
            "unit_many": UNITS[self.setup.scope][1],
            "asks_before_on": place.is_careful or bool(place.closes(key, is_on=True)),
            "asks_before_off": bool(place.closes(key, is_on=False)),
            "closes": place.closes(key, is_on=not self.setup.settings.enabled),
        }


def sheet_of(key: str, place: Place) -> Sheet:
    """Return a flag in an environment, inside the installation.

    Raises:
        FlagNotFound: There is none, or what is kept of it cannot be read.
    """
    one = find_flag(key, place.environment)
    table = table_of(place.environment)
    setup = table.snapshot.flags.get(key)
    if setup is None:
        raise FlagNotFound(key=key)
    return Sheet(one, place, table, setup)


@dataclass(frozen=True, slots=True)
class DrawBar:
    """The bar of the percentage step; figures are percent along it."""

    share: float
    share_text: str
    of: str
    label: str
    is_whole: bool
    anchor: str
    marks: list[float]
    more_marks: int
    was: float | None
    was_text: str


def draw_bar(setup: Flag, reach: Reach, was: int | None) -> DrawBar:
    """Return the bar of a flag.

    Args:
        setup: The flag.
        reach: Where those stand who reach the draw.
        was: The share before the last raise, in thousandths of a percent.
    """
    share, many = setup.settings.percentage, UNITS[setup.scope][1]
    marks = sorted(place / 1000 for place, _ in reach.marks[:MARKS])
    drawn = reach.total - sum(
        count for decider, count in reach.by.items() if decider not in {Decider.PERCENTAGE, Decider.DEFAULT}
    )
    said = ", ".join(f"{mark:.1f}" for mark in marks[:10])
    label = f"{percent_text(share)} on." + (f" Draws of those that reach this step: {said}" if marks else "")
    before = was if was and was < share else None
    shows_was = before is not None and before >= MIDDLE[0] and share - before >= 8_000  # noqa: PLR2004 (two figures need that much room)
    return DrawBar(
        share / 1000, percent_text(share), many if setup.scope is not Scope.GLOBAL else "whoever asks", label,
        share >= WHOLE, "start" if share < MIDDLE[0] else "end" if share > MIDDLE[1] else "middle", marks,
        max(0, drawn - len(marks)) if len(reach.marks) >= MARKS else 0, None if before is None else before / 1000,
        f"was {before / 1000:g}" if shows_was and before is not None else "",
    )  # fmt: skip


def last_share(entries: list[Mapping[str, Any]]) -> int | None:
    """Return the share before the last change of it, from the changes of a flag, newest first."""
    found = next((changes["percentage"] for changes in entries if "percentage" in changes), None)
    return int(found[0] or 0) if found else None
