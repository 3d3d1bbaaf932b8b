"""The sentences at the head of the pages: for whom a flag is on, and whether every process answers from the same."""

from dataclasses import dataclass, replace

from app.flags.engine.evaluate import Table
from app.flags.engine.model import WHOLE, Flag, Scope
from app.flags.reads import FlagDetail
from app.flags.views.places import Place
from app.flags.views.reach import Reach, reach_of
from app.flags.views.spread import spread_of
from app.flags.views.tables import table_with
from app.flags.views.wording import percent_text


@dataclass(frozen=True, slots=True)
class FlagVerdict:
    """One flag's sentence."""

    tone: str
    lead: str
    strong: str
    rest: str
    where: str


def flag_verdict(one: FlagDetail, flag: Flag, reach: Reach, would: Reach, place: Place) -> FlagVerdict:
    """Return for whom a flag is on in an environment.

    Args:
        one: The flag's rows.
        flag: The flag as the engine reads it.
        reach: Whom it is on for now.
        would: Whom it would be on for with its switch on.
        place: The environment.
    """
    where = "kept for those who ask for this environment"
    if place.is_home:
        where = spread_of(one.version, one.changed_at).say("answer from it", "answers from it")
    if not flag.settings.enabled:
        on = switched_on(flag)
        rest = f" Nobody gets it; switched on, it reaches {'everybody' if on.scope is Scope.GLOBAL else say_reach(on, would)}."
        return FlagVerdict("idle", "", f"Switched off in {place.environment}.", rest, where)
    if flag.scope is Scope.GLOBAL:
        return FlagVerdict(*_say_global(flag, place), where)
    ways = f": {reach.ways}," if reach.on and reach.ways else ""
    ways = f"{ways}{reach.listed}." if reach.listed else f"{ways.rstrip(',')}."
    if not reach.total:
        return FlagVerdict("good", "On in", place.environment, f" for {say_nobody_known(flag)}{reach.listed}.", where)
    tone = "good" if reach.on or reach.others else "idle"
    return FlagVerdict(tone, "On for", f"{len(reach.on):,} of {reach.whole}", ways, where)


def would_reach(table: Table, flag: Flag) -> Reach:
    """Return whom a flag would be on for with its switch on."""
    return reach_of(table_with(table, {flag.key: switched_on(flag)}), switched_on(flag))


def switched_on(flag: Flag) -> Flag:
    """Return the flag as switching it on makes it: a global one at 0% goes to 100%."""
    share = flag.settings.percentage
    if flag.scope is Scope.GLOBAL and not share and not flag.settings.targeting:
        share = WHOLE
    return replace(flag, settings=replace(flag.settings, enabled=True, percentage=share))


def say_reach(flag: Flag, reach: Reach) -> str:
    """Return a reach for a button: `everybody`, `4 of 8 companies`."""
    if flag.scope is Scope.GLOBAL:
        return "everybody" if flag.settings.percentage else "nobody yet"
    return (f"{len(reach.on):,} of {reach.whole}" if reach.total else say_nobody_known(flag)) + reach.listed


def say_nobody_known(flag: Flag) -> str:
    """Return what a flag reaches where nobody it could be about is known."""
    return f"{percent_text(flag.settings.percentage)} of whoever asks"


def _say_global(flag: Flag, place: Place) -> tuple[str, str, str, str]:
    share = flag.settings.percentage
    if share >= WHOLE and not flag.settings.prerequisites:
        return "good", "On for", "everybody", f" in {place.environment}."
    if not share and not flag.settings.rules:
        return "idle", "On, but its share is", "0%", ": nobody gets it unless a list names them."
    return "good", "On for", percent_text(share), f" of whoever asks in {place.environment}, by targeting key."
