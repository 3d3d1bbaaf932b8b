"""One sentence about all queues, for the head of their page."""

from collections.abc import Sequence

from app.core.present import format_duration, plural
from app.queues.figures.queues import QueueFigures, figures_age_s

STALE_S = 30.0
SOON_MIN = 120


def verdict(found: Sequence[QueueFigures]) -> str:
    """Return how the queues do, worst first."""
    age = figures_age_s(list(found))
    if age is None:
        return "Nobody has looked at the queues yet. The relay does, every 5 seconds: start it with bin/up."
    if age > STALE_S:
        return f"The relay last looked {format_duration(age)} ago, so what waits now is unknown. Start it again."
    behind = [one for one in found if one.state == "behind"]
    held = sum(one.state == "held" for one in found)
    rest = len(found) - len(behind)
    said = [_told(behind)] if behind else []
    return " ".join([*said, _others(rest, held, has_others=bool(behind))])


def _told(behind: Sequence[QueueFigures]) -> str:
    worst = behind[0]
    late = _long(worst.oldest_s or 0)
    if len(behind) == 1:
        return f"{worst.name} is {late} behind and {_course(worst)}."
    names = ", ".join(one.name for one in behind[:-1]) + f" and {behind[-1].name}"
    if len(behind) > 4:  # noqa: PLR2004 (a head is one line)
        names = f"{len(behind)} queues"
    return f"{names} are behind. {worst.name} by the most, {late}, and {_course(worst)}."


def _course(one: QueueFigures) -> str:
    """Return where it goes: `falling further: 4.6 jobs arrive a minute, 4.0 finish`."""
    rates = f"{_rate(one.in_per_min)} jobs arrive a minute, {_rate(one.out_per_min)} finish"
    if not one.out_per_min:
        return f"stands still: {rates}"
    drain = one.drain_min
    if drain is None:
        return f"falling further: {rates}"
    through = f", so it is through in about {_long(drain * 60)}" if drain <= SOON_MIN else ""
    return f"catching up: {rates}{through}"


def _others(rest: int, held: int, *, has_others: bool) -> str:
    who = f"The other {plural(rest, 'queue')}" if has_others else f"All {plural(rest, 'queue')}"
    if rest == 1 and has_others:
        return "The other queue is held on purpose." if held else "The other queue keeps its target."
    if not rest:
        return ""
    return f"{who} keep their targets or are held on purpose." if held else f"{who} keep their targets."


def _rate(per_min: float) -> str:
    return f"{per_min:.1f}" if per_min < 10 else f"{per_min:,.0f}"  # noqa: PLR2004 (a tenth matters below ten)


def _long(seconds: float) -> str:
    """Return a span in words: `14 minutes`, `40 seconds`, `2 h 10 min`."""
    if seconds < 60:  # noqa: PLR2004
        return plural(max(round(seconds), 1), "second")
    return plural(int(seconds // 60), "minute") if seconds < 3600 else format_duration(seconds)  # noqa: PLR2004
