"""The one statement that gives facts their place: out of the outbox, a number, into the event log and the audit.

Facts of transactions that commit late come late and get a later number, so there is never a gap to wait
for and no writer holds a lock. Only the holder of the leader's lock runs it, on the lock's own connection:
when the connection dies, statement and lock die together, and two relays never number side by side.

No company waits behind another's flood: whoever fills a batch is the crowd of the next one, gets a part of it, and
everybody else's facts are taken before. In what is told the first fact of each company comes before the second of any.
"""

from collections import Counter
from collections.abc import Sequence

import sqlalchemy as sa

from app.core.events_log import EVENT_JSON, Logged
from app.core.ids import CompanyId

BATCH, CROWD = 500, 200
LEADER_LOCK = 0x5144_0001  # "QD", lock 1: the relay's
BEAT = "quarterdeck relay "

SEQUENCE = sa.text(
    f"""
    WITH others AS (
        SELECT id FROM outbox WHERE company_id <> ALL(CAST(:crowd AS bigint[]))
        ORDER BY id LIMIT :batch FOR UPDATE SKIP LOCKED
    ), crowded AS (
        SELECT id FROM outbox WHERE company_id = ANY(CAST(:crowd AS bigint[]))
        ORDER BY id LIMIT :part FOR UPDATE SKIP LOCKED
    ), taken AS (
        DELETE FROM outbox WHERE id IN (SELECT id FROM others UNION ALL SELECT id FROM crowded) RETURNING *
    ), numbered AS (
        SELECT *, row_number() OVER mine AS place, count(*) OVER (PARTITION BY company_id, topic) AS total
        FROM taken WINDOW mine AS (PARTITION BY company_id, topic ORDER BY id)
    ), heads AS (
        INSERT INTO topic_heads AS h (company_id, topic, seq)
        SELECT company_id, topic, count(*) FROM taken GROUP BY company_id, topic
        ON CONFLICT (company_id, topic) DO UPDATE SET seq = h.seq + excluded.seq
        RETURNING h.company_id, h.topic, h.seq AS head
    ), placed AS (
        SELECT n.*, heads.head - n.total + n.place AS seq FROM numbered n JOIN heads USING (company_id, topic)
    ), logged AS (
        INSERT INTO event_log (company_id, topic, seq, type, event_id, row_id, row_version, user_id, data, actor,
                               request_id, occurred_at)
        SELECT company_id, topic, seq, type, event_id, row_id, row_version, user_id, data, actor,
               request_id, occurred_at FROM placed
    ), audited AS (
        INSERT INTO audit (company_id, id, topic, seq, type, row_id, actor_id, actor, data, reason, request_id, occurred_at)
        SELECT company_id, event_id, topic, seq, type, row_id, actor ->> 'id', actor, data,
               coalesce(data ->> 'reason', ''), request_id, occurred_at FROM placed
        -- how far a job is, is no act: its beginning and its end are
        WHERE NOT (topic IN ('jobs', 'account-jobs') AND data ->> 'state' IS NOT DISTINCT FROM 'running')
    )
    SELECT company_id, topic, seq, type, event_id, row_id, row_version, user_id, {EVENT_JSON} AS event
    FROM placed ORDER BY place, id
    """
)


def try_lead(connection: sa.Connection) -> bool:
    """Take the leader's lock if nobody has it; it lasts as long as the connection."""
    return bool(connection.execute(sa.text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK}).scalar_one())


def beat(connection: sa.Connection) -> None:
    """Say on the lock's own connection that its holder works, by the database's clock.

    A process that is frozen keeps its connection and its lock, so the lock alone proves nothing. Every login may read
    the name of a connection, and nothing is written.
    """
    told = "SELECT set_config('application_name', :beat || extract(epoch FROM clock_timestamp())::bigint, false)"
    connection.execute(sa.text(told), {"beat": BEAT})


def stop_leading(connection: sa.Connection) -> None:
    """Give the lock back, so that a standby takes over at once."""
    connection.execute(sa.text("SELECT pg_advisory_unlock(:lock)"), {"lock": LEADER_LOCK})


def sequence(connection: sa.Connection, crowd: Sequence[CompanyId] = ()) -> list[Logged]:
    """Number what waits in the outbox, at most one batch; committed when this returns (autocommit).

    Args:
        connection: The leader's.
        crowd: Companies that get a part of the batch only, as `crowd_of` the last one said.
    """
    given = {"batch": BATCH, "crowd": list(crowd), "part": CROWD if crowd else 0}
    return [Logged(*row) for row in connection.execute(SEQUENCE, given)]


def crowd_of(facts: Sequence[Logged], crowd: Sequence[CompanyId] = ()) -> list[CompanyId]:
    """Return the companies whose facts fill the batches; while there are any, more waits.

    Args:
        facts: The last batch.
        crowd: The crowd it was made with; it stays together while it fills its part.
    """
    if len(facts) < CROWD:
        return []
    counts = Counter(fact.company_id for fact in facts)
    stays = list(crowd) if sum(counts[company_id] for company_id in crowd) >= CROWD else []
    return stays + [company_id for company_id, count in counts.items() if count >= CROWD and company_id not in stays]
