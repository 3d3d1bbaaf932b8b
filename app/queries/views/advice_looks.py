"""How advice is said and drawn; templates ask `title_of` here as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.present import plural
from app.queries.advisor.reads import Looks, saved_share, title_of
from app.queries.models import Advice
from app.queries.words import spell_ms

__all__ = [
    "BACKENDS",
    "EVIDENCE",
    "GROUPS",
    "PRIORITIES",
    "STATES",
    "Verdict",
    "nothing_words",
    "saved_share",
    "spell_ms",
    "title_of",
    "verdict_of",
    "width_of",
]
NEARLY_ALL = 0.99
STATES = {
    "open": ("idle", "Open"), "dismissed": ("idle", "Not wanted"), "built": ("run", "Built, being compared"),
    "confirmed": ("good", "Confirmed"), "worse": ("bad", "No help"), "gone": ("idle", "Gone"),
}  # fmt: skip
PRIORITIES = {"high": ("warn", "High"), "medium": ("run", "Medium"), "low": ("idle", "Low")}
EVIDENCE = (
    "a rule alone", "rule and planner. Not yet measured, not yet observed",
    "rule, planner and measurement. Not yet observed", "rule, planner, measured and observed",
)  # fmt: skip
BACKENDS = {
    "shadow": "The planner of the same version, on a copy without data", "hypopg": "The planner here, with HypoPG",
    "catalogue": "PostgreSQL's catalogue and counters", "": "A rule alone",
}  # fmt: skip
GROUPS = (
    ("create", "Worth making", "each planned with the whole workload: no statement becomes dearer"),
    ("drop", "Could go", "never a key, a constraint, or what a foreign key needs"),
    ("unsure", "Not enough evidence yet", "looked at again every day"),
    ("built", "Built", "the same statements, before and after"),
    ("dismissed", "Not wanted", ""),
)


@dataclass(frozen=True)
class Verdict:
    """The sentence at the head."""

    tone: str
    strong: str
    rest: str


def verdict_of(groups: Mapping[str, Sequence[Advice]]) -> Verdict:
    """Say what there is to do."""
    make, drop = len(groups["create"]), len(groups["drop"])
    if make:
        is_high = any(one.priority == "high" for one in groups["create"])
        strong = "One index is worth making" if make == 1 else f"{plural(make, 'index', 'indexes')} are worth making"
        return Verdict("warn" if is_high else "good", strong, f"{could_go(drop)}.")
    if drop:
        return Verdict("good", "No index is missing", f"; {plural(drop, 'index', 'indexes')} could go.")
    return Verdict("good", "No index is missing", ", and none is there for nothing.")


def nothing_words(looked: Looks) -> str:
    """Say why nothing is listed: only a look that ended well found that there is nothing."""
    if looked.at is None:
        return (
            "Nothing is known: the last look did not end well."
            if looked.failed
            else "Nothing is known yet: nobody has looked."
        )
    earlier = "The look before found nothing" if looked.failed else "Nothing"
    return f"{earlier} to make and nothing to drop."


def could_go(drop: int) -> str:
    """Say how many could go, to follow a first half."""
    return f", and {plural(drop, 'index', 'indexes')} could go" if drop else ""


def saved_words(found: Advice) -> str:
    """Return that share as people read it; nobody believes 100 %."""
    share = saved_share(found)
    if share is None:
        return "–"
    return f"over {NEARLY_ALL:.0%}" if share > NEARLY_ALL else f"{share:.0%}"


def width_of(found: Advice) -> float:
    """Return how long the bar of the cost with the index is, of 100."""
    share = saved_share(found)
    return 100.0 if share is None else max(100 * (1 - share), 0.5)
