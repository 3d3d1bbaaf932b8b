"""The sentences at the head of the pages: for whom a flag is on, and whether every process answers from the same."""

from dataclasses import dataclass, replace

from app.core.present import plural
from app.core.pushed import list_processes
from app.core.redis import RedisAway
from app.flags.engine.evaluate import Table
from app.flags.engine.model import WHOLE, Flag, Scope
from app.flags.views.places import Place
from app.flags.views.reach import Reach, reach_of
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


def flag_verdict(flag: Flag, reach: Reach, would: Reach, place: Place, version: int) -> FlagVerdict:
    """Return for whom a flag is on in an environment.

    Args:
        flag: The flag.
        reach: Whom it is on for now.
        would: Whom it would be on for with its switch on.
        place: The environment.
        version: The revision of its last change, which processes should hold.
    """
    where = say_processes(version) if place.is_home else "kept for those who ask for this environment"
    if not flag.settings.enabled:
        on = switched_on(flag)
        rest = f" Nobody gets it; switched on, it reaches {'everybody' if on.scope is Scope.GLOBAL else say_reach(on, would)}."
        return FlagVerdict("idle", "", f"Switched off in {place.environment}.", rest, where)
    if flag.scope is Scope.GLOBAL:
        return FlagVerdict(*_say_global(flag, place), where)
    ways = f": {reach.ways}." if reach.on and reach.ways else "."
    if not reach.total:
        return FlagVerdict("good", "On in", place.environment, f" for {say_nobody_known(flag)}.", where)
    tone = "good" if reach.on else "idle"
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
    return f"{len(reach.on):,} of {reach.whole}" if reach.total else say_nobody_known(flag)


def say_nobody_known(flag: Flag) -> str:
    """Return what a flag reaches where nobody it could be about is known."""
    return f"{percent_text(flag.settings.percentage)} of whoever asks"


def say_processes(version: int) -> str:
    """Return whether every live process answers from a revision; those behind are named."""
    held = held_revisions()
    if held is None:
        return "whether every process has it is not known while Valkey is away"
    behind = [label for label, revision in held.items() if revision < version]
    if not behind:
        return f"{'the one process answers' if len(held) == 1 else f'all {len(held)} processes answer'} from it"
    named = ", ".join(behind[:3]) + (f" and {len(behind) - 3} more" if len(behind) > 3 else "")  # noqa: PLR2004
    return f"{len(held) - len(behind)} of {plural(len(held), 'process', 'processes')} answer from it; {named} not yet"


def held_revisions() -> dict[str, int] | None:
    """Return process → the revision of the flags it answers from; None when nobody can be asked."""
    try:
        return {one["label"]: int(one["held"].get("flags", 0)) for one in list_processes()}
    except RedisAway:
        return None


def _say_global(flag: Flag, place: Place) -> tuple[str, str, str, str]:
    share = flag.settings.percentage
    if share >= WHOLE and not flag.settings.prerequisites:
        return "good", "On for", "everybody", f" in {place.environment}."
    if not share and not flag.settings.rules:
        return "idle", "On, but its share is", "0%", ": nobody gets it unless a list names them."
    return "good", "On for", percent_text(share), f" of whoever asks in {place.environment}, by targeting key."
