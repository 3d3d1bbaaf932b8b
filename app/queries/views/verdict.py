"""The sentence over a list of statements: the one that needs somebody most."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.core.present import plural
from app.queries.reads.statements import Listed, StatementView
from app.queries.words import HEAVY, is_slower, percent, spell_ms, title_of


@dataclass(frozen=True)
class Verdict:
    """A sentence in parts.

    Attributes:
        lead: How it begins; with `strong` after it in bold.
        name: The statement's name, which leads to it; "" when the sentence is about none.
        rest: What follows the name.
    """

    tone: str
    lead: str
    strong: str = ""
    name: str = ""
    fingerprint: str = ""
    rest: str = ""


def verdict_of(found: Listed) -> Verdict:
    """Return the sentence over the statements that take the most time."""
    if not found.statements:
        return Verdict("idle", "No statement has been measured in this time.")
    watched = [one for one in found.items if one.known_at is None]
    stopped = max(watched, key=lambda one: one.timeouts, default=None)
    if stopped is not None and stopped.timeouts:
        return _on_stopped(stopped, watched)
    slower = [one for one in watched if is_slower(one, one.before)]
    if slower:
        return _on(max(slower, key=lambda one: one.total_ms), "warn", count_words(len(slower), "became slower"))
    heavy = max(watched, key=lambda one: one.share, default=None)
    if heavy is not None and heavy.share >= HEAVY and heavy.calls > 1:
        lead = "One statement takes"
        return Verdict(
            "warn", lead, f"{percent(heavy.share)} of all database time", title_of(heavy.verb, heavy.tables),
            heavy.fingerprint, f"takes {spell_ms(heavy.mean_ms)} on average, {spell_ms(heavy.p95_ms)} at p95.",
        )  # fmt: skip
    return Verdict("good", f"{plural(found.statements, 'statement')}, none much slower than before, none out of time.")


def _on_stopped(worst: StatementView, watched: Sequence[StatementView]) -> Verdict:
    if worst.share >= HEAVY:
        return _on(worst, "bad", "One statement takes", f"{percent(worst.share)} of all database time")
    others = sum(one.timeouts > 0 for one in watched)
    return _on(worst, "bad", count_words(others, "ran out of time"))


def _on(worst: StatementView, tone: str, lead: str, strong: str = "") -> Verdict:
    return Verdict(tone, lead, strong, title_of(worst.verb, worst.tables), worst.fingerprint, moved(worst))


def count_words(count: int, did: str) -> str:
    """Return `One statement became slower.` or `3 statements became slower, most of all`."""
    return f"One statement {did}:" if count == 1 else f"{plural(count, 'statement')} {did}, most of all"


def moved(one: StatementView) -> str:
    """Return what happened to a statement, to follow its name."""
    parts = []
    if is_slower(one, one.before) and one.before is not None:
        parts.append(f"went from {spell_ms(one.before.p95_ms)} to {spell_ms(one.p95_ms)} at p95")
    if one.timeouts:
        times = {1: "once", 2: "twice"}.get(one.timeouts, f"{one.timeouts:,} times")
        parts.append(f"ran out of time {times}")
    return f"{' and '.join(parts)}." if parts else f"takes {spell_ms(one.p95_ms)} at p95."
