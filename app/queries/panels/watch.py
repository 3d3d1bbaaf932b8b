"""The relay's look at the database: what platform admins are told of it, each once in a while."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from app.core import clock
from app.core.context import SYSTEM_ACTOR, acting_as
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.core.outbox import record
from app.core.present import format_bytes, format_duration, plural
from app.queries.events import DatabaseTroubled
from app.queries.models import Change
from app.queries.panels import replication, sequences, upkeep
from app.queries.panels.activity import Backend, running
from app.queries.panels.locks import Node, blocking_tree
from app.queries.panels.reading import board
from app.queries.panels.wording import ends
from app.queries.words import percent
from app.queues.news import tell_admins

EVERY_S = 60.0
KIND = "server"
QUIET_FOR = timedelta(days=1)
IDLE_S, HELD_UP_S, LAG_S, KEPT_BYTES = 300.0, 60.0, 30.0, 1_000_000_000
LIVE, TABLES = "/slow-queries/live", "/slow-queries/tables"


@dataclass(frozen=True)
class Trouble:
    """Something that people are told of.

    Attributes:
        key: The same for the same trouble, which is not told again for a day.
    """

    key: str
    sentence: str
    link: str


@dataclass(frozen=True)
class Seen:
    """What was read; what could not be is empty here, and its panel says so."""

    backends: Sequence[Backend] = ()
    tree: Sequence[Node] = ()
    ages: Sequence[upkeep.Age] = ()
    counters: Sequence[sequences.Sequence] = ()
    replicas: Sequence[replication.Replica] = ()
    slots: Sequence[replication.Slot] = ()


def watch_database() -> int:
    """Tell platform admins what is wrong with the database that they were not told of today; return how much that was."""
    found = list(troubles_of(look()))
    if not found:
        return 0
    with installation(), acting_as(SYSTEM_ACTOR):
        told = _told_lately()
        news = [one for one in found if one.key not in told]
        for one in news:
            _tell(one)
    return len(news)


def look() -> Seen:
    """Read what there may be trouble with."""
    with board() as panels:
        backends = panels.read("activity", running).items
        return Seen(
            backends,
            tree=panels.read("locks", lambda link: blocking_tree(link, backends)).items,
            ages=panels.read("ages", upkeep.list_ages).items,
            counters=panels.read("sequences", sequences.list_sequences).items,
            replicas=panels.read("replicas", replication.list_replicas).items,
            slots=panels.read("slots", replication.list_slots).items,
        )


def troubles_of(seen: Seen) -> Iterator[Trouble]:
    """Yield what is wrong."""
    tree = seen.tree
    yield from (_blocking(tree[at], tree[at + 1 :]) for at in range(len(tree)) if _blocks_long(tree, at))
    yield from (_idle(one) for one in seen.backends if one.is_idle and one.runs_s >= IDLE_S)
    yield from (_old(one) for one in seen.ages if one.is_old)
    yield from (_ending(one) for one in seen.counters if one.is_near)
    yield from (_behind(one) for one in seen.replicas if (one.lag_s or 0.0) >= LAG_S)
    yield from (_kept(one) for one in seen.slots if not one.is_active and (one.kept_bytes or 0) >= KEPT_BYTES)


def _blocks_long(tree: Sequence[Node], at: int) -> bool:
    return tree[at].depth == 0 and _longest(tree[at + 1 :]) >= HELD_UP_S


def _longest(below: Sequence[Node]) -> float:
    """Return how long the longest waits below a root, whose nodes come before the next root's."""
    longest = 0.0
    for node in below:
        if node.depth == 0:
            break
        longest = max(longest, node.wait.waited_s if node.wait else 0.0)
    return longest


def _blocking(root: Node, below: Sequence[Node]) -> Trouble:
    who = f"Backend {root.pid}" if root.pid else "A prepared transaction"
    sentence = f"{who} has held up {plural(root.holds_up, 'other')} for {format_duration(_longest(below))}."
    since = root.backend.started.isoformat() if root.backend else ""
    return Trouble(f"blocks {root.pid} {since}", sentence, LIVE)


def _idle(one: Backend) -> Trouble:
    sentence = f"Backend {one.pid} ({one.role}) has held a transaction open for {format_duration(one.runs_s)} and does nothing."
    return Trouble(f"idle {one.pid} {one.started.isoformat()}", sentence, LIVE)


def _old(one: upkeep.Age) -> Trouble:
    sentence = f"Vacuum does not keep up in {one.database}: {percent(one.used_share)} of the way to a stop of all writes is gone."
    return Trouble(f"age {one.database}", sentence, f"{TABLES}#vacuum")


def _ending(one: sequences.Sequence) -> Trouble:
    return Trouble(f"sequence {one.schema}.{one.name}", f"{ends(one)}.", f"{TABLES}#sequences")


def _behind(one: replication.Replica) -> Trouble:
    sentence = f"The replica {one.name} is {format_duration(one.lag_s or 0.0)} behind."
    return Trouble(f"replica {one.name}", sentence, f"{TABLES}#replication")


def _kept(one: replication.Slot) -> Trouble:
    sentence = f"Nobody reads the replication slot {one.name}, which keeps {format_bytes(one.kept_bytes or 0)} of log."
    return Trouble(f"slot {one.name}", sentence, f"{TABLES}#replication")


def _told_lately() -> set[str]:
    keys = sa.select(Change.detail["key"].astext).where(
        Change.kind == KIND, Change.fingerprint == "", Change.at >= clock.now() - QUIET_FOR
    )
    return set(db.session.scalars(keys))


def _tell(trouble: Trouble) -> None:
    """Keep it, and tell."""
    now = clock.now()
    with transaction():
        db.session.execute(
            sa.insert(Change).values(
                company_id=installation_id(), id=new_ulid(), at=now, fingerprint="", kind=KIND,
                sentence=trouble.sentence, detail={"key": trouble.key}, told_at=now,
            )
        )  # fmt: skip
        record(DatabaseTroubled(what=trouble.key, sentence=trouble.sentence))
        tell_admins("database-trouble", trouble.sentence, link=trouble.link, key=f"database {trouble.key}")
