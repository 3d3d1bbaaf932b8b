"""What one process measured, added up by minute: what it ships, and what the relay merges."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from app.core.gathering import Cell, Example, Repeated, Taken
from app.core.histogram import bucket_of
from app.queries.watch.fingerprint import Known, Texts

MICROSECONDS = 1_000_000
FORM = 1  # of a batch; one of another form was shipped by another release, and is not read
MOST_SUMS, MOST_WAITING = 5000, 400
TELL_AGAIN_S = 300.0  # a text that was told once is told again: what carried it may have been lost
Place = tuple[int, str, str, str, int]  # minute since 1970, fingerprint, who asks, line, company (0: nobody's)


@dataclass(slots=True)
class Sum:
    """Calls of one statement from one place in one minute. Times are microseconds."""

    calls: int = 0
    errors: int = 0
    timeouts: int = 0
    rows: int = 0
    total_us: int = 0
    max_us: int = 0
    buckets: dict[int, int] = field(default_factory=dict)

    def add_cell(self, cell: Cell) -> None:
        """Add what the listeners gathered."""
        self.calls += len(cell.took)
        self.errors += cell.errors
        self.timeouts += cell.timeouts
        self.rows += cell.rows
        for took in cell.took:
            took_us = int(took * MICROSECONDS)
            bucket = bucket_of(took_us)
            self.total_us += took_us
            self.max_us = max(self.max_us, took_us)
            self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def add(self, calls: int, errors: int, timeouts: int, rows: int, total_us: int, max_us: int, buckets: Any) -> None:
        """Add what another process shipped; its buckets have text for keys, as JSON has."""
        self.calls += calls
        self.errors += errors
        self.timeouts += timeouts
        self.rows += rows
        self.total_us += total_us
        self.max_us = max(self.max_us, max_us)
        for bucket, number in buckets.items():
            self.buckets[int(bucket)] = self.buckets.get(int(bucket), 0) + number

    def hold(self, buckets: dict[str, int]) -> None:
        """Add what a row's histogram holds already, and nothing else."""
        for bucket, number in buckets.items():
            self.buckets[int(bucket)] = self.buckets.get(int(bucket), 0) + number

    def shipped(self) -> list[Any]:
        """Return it as JSON carries it; `add` takes it back."""
        buckets = {str(bucket): number for bucket, number in self.buckets.items()}
        return [self.calls, self.errors, self.timeouts, self.rows, self.total_us, self.max_us, buckets]


class Waiting:
    """What this process has added up and not shipped. Bounded: what does not fit is counted in `dropped`, by call."""

    def __init__(self, texts: Texts | None = None) -> None:
        self.texts = texts or Texts()
        self.told_at: dict[str, float] = {}
        self.begin()

    def begin(self) -> None:
        """Begin empty."""
        self.sums: dict[Place, Sum] = {}
        self.known: dict[str, Known] = {}
        self.examples: list[dict[str, Any]] = []
        self.repeats: list[dict[str, Any]] = []
        self.dropped = 0

    def add(self, taken: Taken, lines: dict[tuple[str, str], str], minute: int, now: float) -> Iterable[None]:
        """Add what gathered in a minute; a step at a time, so that others get their turn between two."""
        self.dropped += taken.dropped
        for (statement, by, company), cell in taken.cells.items():
            fingerprint = self._name(statement, now)
            self._add_cell((minute, fingerprint, by, lines.get((statement, by), ""), company or 0), cell)
            yield
        for example in taken.examples:
            self.examples.append(example_row(example, self._name(example.statement, now)))
        for repeat in taken.repeats:
            self.repeats.append(repeat_row(repeat, self._name(repeat.statement, now), now))
        del self.examples[:-MOST_WAITING], self.repeats[:-MOST_WAITING]

    def _add_cell(self, place: Place, cell: Cell) -> None:
        found = self.sums.get(place)
        if found is None:
            if len(self.sums) >= MOST_SUMS:
                self.dropped += len(cell.took)
                return
            found = self.sums[place] = Sum()
        found.add_cell(cell)

    def _name(self, statement: str, now: float) -> str:
        known, _ = self.texts.read(statement)
        if now - self.told_at.get(known.fingerprint, 0.0) > TELL_AGAIN_S:
            self.told_at[known.fingerprint] = now
            self.known[known.fingerprint] = known
        return known.fingerprint

    def take(self) -> dict[str, Any] | None:
        """Return everything as JSON carries it, and begin anew; None when there is nothing."""
        if not (self.sums or self.examples or self.repeats or self.dropped):
            return None
        batch: dict[str, Any] = {
            "form": FORM,
            "sums": [[*place, *one.shipped()] for place, one in self.sums.items()],
            "texts": [[one.fingerprint, one.text, one.verb, list(one.tables)] for one in self.known.values()],
            "examples": self.examples,
            "repeats": self.repeats,
            "dropped": self.dropped,
        }
        self.begin()
        return batch


def example_row(example: Example, fingerprint: str) -> dict[str, Any]:  # Any: columns of query_samples
    """Return an example as its table has it."""
    return {
        "at": example.at, "id": example.id, "fingerprint": fingerprint, "kind": example.kind,
        "took_us": int(example.took_s * MICROSECONDS), "rows": example.rows, "sqlstate": example.sqlstate,
        "of_company_id": example.company_id, "request_id": example.request_id, "job_id": example.job_id,
        "endpoint": example.asked_by, "line": example.line, "actor": example.actor,
        "backend_pid": example.backend_pid,
    }  # fmt: skip


def repeat_row(repeat: Repeated, fingerprint: str, at: float) -> dict[str, Any]:  # Any: columns of query_repeats
    """Return what was repeated as its table has it."""
    return {
        "fingerprint": fingerprint, "endpoint": repeat.asked_by, "line": repeat.line, "kind": repeat.kind,
        "what": repeat.what, "most": repeat.times, "request_id": repeat.request_id, "at": at,
    }  # fmt: skip
