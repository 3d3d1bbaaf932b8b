"""What is said of an index: its name for people, why it is proposed, how much it matters."""

from app.core.present import plural
from app.queries.advisor.advise import Effect, Proposal
from app.queries.advisor.housekeeping import Removal
from app.queries.advisor.types import Candidate, Index, Table

HIGH, MEDIUM, LEAST = 0.1, 0.02, 0.002  # shares of all time
LEAST_MS = 1000.0  # that the statements take a day, and in all: what is hardly used is worth no index
DAY_S = 86_400
PRIORITIES = ("high", "medium", "low")


def title_of(candidate: Candidate) -> str:
    """Return what the index is, as a heading."""
    names = in_words([key.expression + (" downwards" if key.is_desc else "") for key in candidate.keys])
    how = {"gin": f"by the words in {names}", "brin": f"by blocks of {names}"}.get(candidate.method, f"by {names}")
    held = f", holding {in_words(list(candidate.include))}" if candidate.include else ""
    part = f", only rows where {candidate.where.strip('()')}" if candidate.where else ""
    return f"Index {candidate.table} {how}{held}{part}"


def reason_of(proposal: Proposal) -> str:
    """Say why: who asks so, and what is there instead."""
    count, table = len(proposal.effects), proposal.table
    who = "One statement asks" if count == 1 else f"{count} statements ask"
    stopped = sum(effect.query.timeouts for effect in proposal.effects)
    late = f" {plural(stopped, 'call was', 'calls were')} stopped by the time limit." if stopped else ""
    return f"{who} {table.name} in this way, and {instead_of(table, proposal.option.candidate)}.{late}"


def instead_of(table: Table, candidate: Candidate) -> str:
    """Say what is there instead: an index that begins so and lacks something, or none that does."""
    keys = tuple(key.sql() for key in candidate.keys)
    alike = [one for one in table.indexes if one.method == candidate.method and one.keys[: len(keys)] == keys]
    alike.sort(key=lambda one: (not one.is_valid, bool(one.where) and one.where != candidate.where, len(one.keys)))
    if alike:
        return lack_of(alike[0], candidate)
    there = len(table.indexes)
    if not there:
        return "it has no index"
    return f"none of its {there} indexes begins so" if there > 1 else "its one index does not begin so"


def lack_of(index: Index, candidate: Candidate) -> str:
    """Say what an index that begins with the same columns lacks."""
    if not index.is_valid:
        return f"{index.name}, which begins so, is broken"
    if index.where and index.where != candidate.where:
        return f"{index.name}, which begins so, holds only rows where {index.where.strip('()')}"
    more = [name for name in candidate.include if name not in {*index.include, *index.keys}]
    same = "is of the same columns" if len(index.keys) == len(candidate.keys) else "begins with the same columns"
    return f"{index.name} {same}: with {in_words(more)} included as well, the rows themselves need not be visited"


def removal_title(removal: Removal) -> str:
    """Return what to do with an index that is there."""
    name = removal.index.name
    return {
        "drop-duplicate": f"Drop {name}: {removal.beside} does the same and more",
        "drop-unused": f"Drop {name}: nothing reads it",
        "rebuild-invalid": f"Build {name} again: its making broke off",
    }[removal.kind]


def removal_reason(removal: Removal) -> str:
    """Say why an index could go."""
    index = removal.index
    return {
        "drop-duplicate": f"{removal.beside} begins with the same columns. Every statement was planned without {index.name}: none is dearer.",
        "drop-unused": "It was not used once since PostgreSQL counts, and no key, constraint or foreign key needs it. "
        f"Each write to {index.table} pays for it.",
        "rebuild-invalid": "It is written with every change and read by no statement: a concurrent build of it did not end well.",
    }[removal.kind]


def is_hardly_used(effects: list[Effect], span_s: float) -> bool:
    """Say whether all statements an index helps take less than a second a day, and none was stopped by a limit."""
    took = sum(effect.query.total_ms for effect in effects)
    return took < LEAST_MS * max(span_s / DAY_S, 1.0) and not any(effect.query.timeouts for effect in effects)


def priority_of(effects: list[Effect], whole_ms: float) -> str | None:
    """Return how much an index matters, by the time its statements take; None when it is not worth a word.

    The share that would be saved is the planner's; the time it is a share of was measured.
    """
    if any(effect.query.timeouts for effect in effects):
        return "high"
    saved = sum(one.query.total_ms * (1 - one.after / one.before) for one in effects if one.before > 0)
    share = saved / whole_ms if whole_ms > 0 else 0.0
    if share < LEAST:
        return None
    return "high" if share >= HIGH else "medium" if share >= MEDIUM else "low"


def in_words(names: list[str]) -> str:
    """Return `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
