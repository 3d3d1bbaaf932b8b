"""The sentence over a list of statements: the one that needs somebody most."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.core.present import plural
from app.queries.reads.elsewhere import is_elsewhere
from app.queries.reads.server import ServerFigures
from app.queries.reads.statements import Listed, StatementView
from app.queries.words import HEAVY, is_slower, percent, spell_ms, title_of

LEAD, SEEN = "One statement takes", "of all statement time, as the application saw it"


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


def verdict_of(found: Listed, server: Mapping[str, ServerFigures]) -> Verdict:
    """Return the sentence over the statements that take the most time.

    Args:
        found: They, as the application saw them.
        server: What PostgreSQL counted of them.
    """
    if not found.statements:
        return Verdict("idle", "No statement has been measured in this time.")
    watched = [one for one in found.items if one.known_at is None]
    stopped = max(watched, key=lambda one: one.timeouts, default=None)
    if stopped is not None and stopped.timeouts:
        return _on_stopped(stopped, watched)
    slower = [one for one in watched if is_slower(one, one.before)]
    if slower:
        worst = max(slower, key=lambda one: one.total_ms)
        return _on(worst, "warn", count_words(len(slower), "became slower"), rest=elsewhere_words(worst, server))
    heavy = max(watched, key=lambda one: one.share, default=None)
    if heavy is not None and heavy.share >= HEAVY and heavy.calls > 1:
        took = f"takes {spell_ms(heavy.mean_ms)} on average, {spell_ms(heavy.p95_ms)} at p95."
        return Verdict(
            "warn", LEAD, f"{percent(heavy.share)} {SEEN}", title_of(heavy.verb, heavy.tables), heavy.fingerprint,
            took + elsewhere_words(heavy, server),
        )  # fmt: skip
    return Verdict("good", f"{plural(found.statements, 'statement')}, none much slower than before, none out of time.")


def _on_stopped(worst: StatementView, watched: Sequence[StatementView]) -> Verdict:
    if worst.share >= HEAVY:
        return _on(worst, "bad", LEAD, f"{percent(worst.share)} {SEEN}")
    others = sum(one.timeouts > 0 for one in watched)
    return _on(worst, "bad", count_words(others, "ran out of time"))


def _on(worst: StatementView, tone: str, lead: str, strong: str = "", rest: str = "") -> Verdict:
    return Verdict(tone, lead, strong, title_of(worst.verb, worst.tables), worst.fingerprint, moved(worst) + rest)


def elsewhere_words(one: StatementView, server: Mapping[str, ServerFigures]) -> str:
    """Return that a statement's time was mostly not in PostgreSQL, if so."""
    counted = server.get(one.fingerprint)
    if counted is None or not is_elsewhere(one, counted):
        return ""
    return f" Mostly not in PostgreSQL, which executes a call in {spell_ms(counted.mean_ms)}."


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
