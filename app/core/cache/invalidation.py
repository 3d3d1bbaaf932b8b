"""What happens to tags after a commit.

A second line stands behind it: the relay replaces the tags of each fact before anybody hears of the fact, so a
writer that was killed between its commit and its word to us leaves nothing stale that a fact speaks of.
"""

from collections.abc import Iterable, Sequence

import structlog
from flask import current_app
from redis import Redis
from sqlalchemy.orm import Session

from app.core import db
from app.core.cache import store, tags, writes
from app.core.cache.process import EXTENSION, process
from app.core.events_log import Logged
from app.core.redis import RedisAway, request_redis

log = structlog.get_logger(__name__)
RUN = "c:run"


def replace(names: Iterable[str]) -> bool:
    """Replace tags for all processes; False when Valkey is to be told later, before this process reads there again."""
    here, wanted = process(), sorted(set(names))
    if not wanted:
        return True
    here.near.forget(wanted)
    try:
        here.debts.pay()
        request_redis().run(lambda client: store.replace_tags(client, wanted))
    except RedisAway as error:
        here.debts.add(wanted)
        here.figures.ensure_started()
        log.warning("cache not told of a change; it will be", tags=len(wanted), error=str(error))
        return False
    return True


def touch(table: str, company_id: int | None = None) -> None:
    """Say that a table changed in a way no session sees, as a trigger or a connection of one's own does. After the commit.

    Args:
        table: The table.
        company_id: Whose rows; None for several companies'.
    """
    replace(tags.keys_written(company_id or tags.ALL, table))


@db.after_commit
def replace_written(session: Session) -> None:
    """Replace the tags of what a transaction wrote, before `transaction()` returns to who wrote it."""
    written: set[str] | None = session.info.pop(writes.ENDED, None)
    if written and EXTENSION in current_app.extensions:
        replace(written)


def before_telling(client: Redis, facts: Sequence[Logged], *, has_hole: bool) -> None:
    """Replace the tags of facts in the relay, before anybody is told of them.

    Args:
        client: The feeder's.
        facts: What is told next.
        has_hole: Facts may be missing, so any topic may have changed.
    """
    names = {tags.EVERYTHING} if has_hole else set()
    for company_id, topic in {fact.key for fact in facts if fact.topic in tags.topics}:
        names |= {tags.tag(company_id, f"@{topic}"), tags.tag(tags.ANY, f"@{topic}")}
    if names:
        store.replace_tags(client, names)


def watch_restarts() -> None:
    """Make everything bad once Valkey is another process than it was: the relay's duty.

    A Valkey that was killed may come back without its last second of writes, and so with old tags beside old values.
    """

    def ask(client: Redis) -> None:
        run_id = str(client.info("server")["run_id"])
        known: bytes | None = client.get(RUN)  # type: ignore[assignment]  # sync client
        if known is None or known.decode() != run_id:
            store.replace_tags(client, [tags.EVERYTHING])
            client.set(RUN, run_id)

    try:
        request_redis().run(ask)
    except RedisAway:
        return
