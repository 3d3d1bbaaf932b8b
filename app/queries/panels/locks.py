"""Who waits for whom: a tree whose roots hold what everybody below them wants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.queries.panels.activity import Backend
from app.queries.server.protocol import Link, Row

PREPARED = 0
# A wait for a row shows as a wait for the transaction that changed it; the row's table is in the lock the waiter holds
# on the row itself. Relations of other databases have no name here.
WAITS = """
SELECT w.pid, w.locktype, w.mode, extract(epoch FROM clock_timestamp() - w.waitstart)::float8 AS waited_s,
       coalesce(c.relname::text, t.relname::text, '') AS relation, t.relname IS NOT NULL AS is_row
FROM pg_locks AS w
LEFT JOIN pg_class AS c ON c.oid = w.relation
LEFT JOIN LATERAL (
  SELECT r.relname FROM pg_locks AS held JOIN pg_class AS r ON r.oid = held.relation
  WHERE held.pid = w.pid AND held.granted AND held.locktype = 'tuple' AND w.locktype = 'transactionid' LIMIT 1
) AS t ON true
WHERE NOT w.granted AND (w.database IS NULL OR w.database IN (
  0, (SELECT oid FROM pg_database WHERE datname = current_database())))
"""
HELD = """
SELECT h.pid, c.relname::text AS relation, h.mode FROM pg_locks AS h JOIN pg_class AS c ON c.oid = h.relation
WHERE h.granted AND h.locktype = 'relation' AND h.pid = ANY(%(pids)s::int[])
  AND h.relation IN (SELECT relation FROM pg_locks WHERE NOT granted AND locktype = 'relation')
"""
# What is held is worth a word from here on: it stops readers or writers.
STRONG = (
    "AccessExclusiveLock", "ExclusiveLock", "ShareRowExclusiveLock", "ShareLock", "ShareUpdateExclusiveLock",
    "RowExclusiveLock", "RowShareLock", "AccessShareLock",
)  # fmt: skip


@dataclass(frozen=True)
class Wait:
    """What one backend waits for.

    Attributes:
        what: `orders`, `a row of orders`, `a transaction`, `an advisory lock`.
        mode: The lock it wants.
    """

    what: str
    mode: str
    waited_s: float


@dataclass(frozen=True)
class Node:
    """One backend in the tree.

    Attributes:
        backend: None for a prepared transaction, which has none.
        depth: 0 for a root.
        holds: What a root holds that others want: `AccessExclusiveLock on orders`.
        wait: What it waits for; None for a root.
        above: For whom; None for a root.
        holds_up: How many wait below it.
        others: How many more it waits for beside the one above it.
        is_circle: It waits for somebody who waits for it; PostgreSQL ends one of them by itself.
    """

    pid: int
    backend: Backend | None
    depth: int
    holds: str
    wait: Wait | None
    holds_up: int
    above: int | None = None
    others: int = 0
    is_circle: bool = False


def blocking_tree(link: Link, backends: Sequence[Backend]) -> list[Node]:
    """Return who waits, each below whom it waits for, the root that holds up most first."""
    waiting = {one.pid: one for one in backends if one.blocked_by}
    if not waiting:
        return []
    waits = {row["pid"]: _wait(row) for row in link.execute(WAITS).fetchall()}
    held = _held(link.execute(HELD, {"pids": list({pid for one in waiting.values() for pid in one.blocked_by})}))
    return list(_Tree({one.pid: one for one in backends}, waiting, waits, held).nodes())


class _Tree:
    def __init__(
        self, backends: Mapping[int, Backend], waiting: Mapping[int, Backend], waits: Mapping[int, Wait],
        held: Mapping[int, str],
    ) -> None:  # fmt: skip
        self.backends, self.waiting, self.waits, self.held = backends, waiting, waits, held
        self.below: dict[int, list[int]] = {}
        for pid, one in waiting.items():
            self.below.setdefault(self._above(one), []).append(pid)
        self.shown: set[int] = set()

    def nodes(self) -> Iterator[Node]:
        """Yield each root with all that is below it; then what waits in a circle, which has no root."""
        roots = [pid for pid in self.below if pid not in self.waiting]
        for pid in sorted(roots, key=self._count, reverse=True):
            yield from self._walk(pid, 0)
        for pid in sorted(self.waiting):
            if pid not in self.shown:
                yield from self._walk(pid, 0, is_circle=True)

    def _walk(self, pid: int, depth: int, *, is_circle: bool = False) -> Iterator[Node]:
        self.shown.add(pid)
        one = self.waiting.get(pid)
        yield Node(
            pid, self.backends.get(pid), depth, "" if one else self.held.get(pid, ""),
            self.waits.get(pid) if one else None, self._count(pid), self._above(one) if one else None,
            max(len(one.blocked_by) - 1, 0) if one else 0, is_circle,
        )  # fmt: skip
        for below in sorted(self.below.get(pid, ()), key=lambda each: -self._waited(each)):
            if below not in self.shown:
                yield from self._walk(below, depth + 1)

    def _above(self, one: Backend) -> int:
        """Return whom a waiter is shown below: somebody who himself waits for nobody, if there is one."""
        return next((pid for pid in one.blocked_by if pid not in self.waiting), one.blocked_by[0])

    def _count(self, pid: int) -> int:
        seen, todo = {pid}, [pid]
        while todo:
            new = [below for below in self.below.get(todo.pop(), ()) if below not in seen]
            seen.update(new)
            todo.extend(new)
        return len(seen) - 1

    def _waited(self, pid: int) -> float:
        return self.waits[pid].waited_s if pid in self.waits else 0.0


def _wait(row: Row) -> Wait:
    return Wait(_what(row["locktype"], row["relation"], is_row=row["is_row"]), row["mode"], row["waited_s"] or 0.0)


def _what(kind: str, relation: str, *, is_row: bool) -> str:
    if kind == "tuple" or is_row:
        return f"a row of {relation}" if relation else "a row"
    if kind in {"relation", "extend", "page"} and relation:
        return relation
    words = {"transactionid": "a transaction", "virtualxid": "a transaction", "advisory": "an advisory lock"}
    return words.get(kind, f"a lock of kind {kind}")


def _held(rows: "Iterator[Row]") -> dict[int, str]:
    """Return the strongest lock of each blocker on what others want."""
    found: dict[int, Row] = {}
    for row in rows:
        before = found.get(row["pid"])
        if before is None or _rank(row["mode"]) < _rank(before["mode"]):
            found[row["pid"]] = row
    return {pid: f"{row['mode']} on {row['relation']}" for pid, row in found.items()}


def _rank(mode: str) -> int:
    return STRONG.index(mode) if mode in STRONG else len(STRONG)
