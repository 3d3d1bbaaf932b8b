"""The sentence on one statement, and its state in a word."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.present import plural
from app.queries.models import Change
from app.queries.plans.tree import PlanNode
from app.queries.reads.elsewhere import is_elsewhere
from app.queries.reads.server import ServerFigures
from app.queries.reads.statements import StatementView
from app.queries.words import HEAVY, is_slower, percent, slower_words, spell_ms

TOLD = ("plan", "index", "release")  # what may be the reason of a shift


@dataclass(frozen=True)
class Judged:
    """What is to say of one statement."""

    tone: str
    word: str
    sentence: str


def judge(
    one: StatementView, changes: Sequence[Change], *, is_advised: bool, worst: PlanNode | None = None,
    server: ServerFigures | None = None,
) -> Judged:  # fmt: skip
    """Return the sentence on a statement.

    Args:
        one: Its figures, and those of the span before.
        changes: What happened to it, the newest first.
        is_advised: Whether an index is advised for it.
        worst: The node of its plan that takes most, when it takes much.
        server: What PostgreSQL counted of it; None while that is not known.
    """
    if one.known_at is not None:
        because = f": “{one.known_reason}”" if one.known_reason else ""
        return Judged(
            "held", "Known", f"{one.known_by or 'Somebody'} marked it as known{because}. Nobody is told of it."
        )
    if not one.calls:
        return Judged("idle", "Not called", "It was not called in this time.")
    cause = next((change for change in changes if change.kind in TOLD and is_slower(one, one.before)), None)
    mend = f" Most of its plan: {worst.title}." if worst is not None and cause is None else ""
    mend = elsewhere_words(one, server) or mend
    mend += " An index is advised that is expected to mend it." if is_advised else ""
    if one.timeouts:
        sentence = f"{plural(one.timeouts, 'call')} of {one.calls:,} {'was' if one.timeouts == 1 else 'were'} stopped by a time limit"
        return Judged("bad", "Running out of time", f"{sentence}.{_slower(one)}{_because(cause)}{mend}")
    if is_slower(one, one.before):
        return Judged("warn", "Slower", f"{_slower(one).strip()}{_because(cause)}{mend}")
    if one.share >= HEAVY:
        return Judged(
            "warn",
            "Heavy",
            f"It takes {percent(one.share)} of all time the application waited for statements, as before.{mend}",
        )
    if one.before is None or not one.before.calls:
        return Judged(
            "idle",
            "Not called before",
            f"It takes {spell_ms(one.p95_ms)} at p95; in the span before it was not called.",
        )
    return Judged(
        "good", "As before", f"It takes {spell_ms(one.p95_ms)} at p95, much as before.{elsewhere_words(one, server)}"
    )


def elsewhere_words(one: StatementView, server: ServerFigures | None) -> str:
    """Return that its time was mostly not in PostgreSQL, if so: no index and no plan mends that."""
    if server is None or not is_elsewhere(one, server):
        return ""
    times = f"it executes a call in {spell_ms(server.mean_ms)}, the application waits {spell_ms(one.mean_ms)}"
    planning = "" if server.plan_ms else "planning, "  # it counts that only with track_planning
    return (
        f" Mostly not in PostgreSQL: {times}. The rest is {planning}the way there and back, and the process’s own turn."
    )


def _slower(one: StatementView) -> str:
    if not is_slower(one, one.before) or one.before is None or not one.before.p95_ms or not one.p95_ms:
        return ""
    words = slower_words(one.p95_ms / one.before.p95_ms)
    return f" About {words} than before: p95 went from {spell_ms(one.before.p95_ms)} to {spell_ms(one.p95_ms)}."


def _because(cause: Change | None) -> str:
    return f" {cause.sentence.rstrip('.')}." if cause is not None else ""
