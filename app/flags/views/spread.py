"""How far a change of the flags has come: which live processes answer from it already."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.core import clock
from app.core.present import plural
from app.core.pushed import list_processes
from app.core.redis import RedisAway

ON_ITS_WAY = timedelta(seconds=2)  # until then a process that is behind is no fault
NAMED = 3


@dataclass(frozen=True, slots=True)
class Spread:
    """The live processes against one revision.

    Attributes:
        held: Process → the revision it answers from.
        behind: Those that hold an older one.
        is_young: The change is so new that it is still on its way.
        is_known: False while nobody can be asked.
    """

    held: dict[str, int] = field(default_factory=dict)
    behind: list[str] = field(default_factory=list)
    is_young: bool = False
    is_known: bool = True

    @property
    def is_late(self) -> bool:
        """Whether some process should have the change by now and has not."""
        return bool(self.behind) and not self.is_young

    def say(self, everybody: str, one: str) -> str:
        """Return it as a part of a sentence.

        Args:
            everybody: What stands behind `all 6 processes` when all have it.
            one: The same behind `the one process`.
        """
        if not self.is_known:
            return "whether every process has it is not known while Valkey is away"
        if not self.held:
            return "no process has been heard of yet"
        if not self.behind:
            return f"the one process {one}" if len(self.held) == 1 else f"all {len(self.held)} processes {everybody}"
        if self.is_young:
            return f"on its way to {plural(len(self.held), 'process', 'processes')}"
        named = ", ".join(self.behind[:NAMED])
        more = f" and {len(self.behind) - NAMED} more" if len(self.behind) > NAMED else ""
        return f"{len(self.held) - len(self.behind)} of {plural(len(self.held), 'process', 'processes')} {everybody}; behind: {named}{more}"


def spread_of(revision: int, changed_at: datetime | None) -> Spread:
    """Return which processes answer from a revision.

    Args:
        revision: Of the change.
        changed_at: When it was made.
    """
    try:
        held = {one["label"]: int(one["held"].get("flags", 0)) for one in list_processes()}
    except RedisAway:
        return Spread(is_known=False)
    behind = [label for label, has in held.items() if has < revision]
    is_young = changed_at is not None and clock.now() - changed_at < ON_ITS_WAY
    return Spread(held, behind, is_young)
