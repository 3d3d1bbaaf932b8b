"""The one statement that gives facts their place: out of the outbox, a number, into the event log and the audit.

Facts of transactions that commit late come late and get a later number, so there is never a gap to wait
for and no writer holds a lock. Only the holder of the leader's lock runs it, on the lock's own connection:
when the connection dies, statement and lock die together, and two relays never number side by side.

No company waits behind another's flood: whoever fills a batch is the crowd of the next one, gets a part of it, and
everybody else's facts are taken before. In what is told the first fact of each company comes before the second of any.

A leader looks where facts can be (lookout.py); every ten seconds, and when it begins to lead, it looks everywhere.
"""

import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from app.core.events_log import EVENT_JSON, Logged
from app.core.ids import CompanyId
from app.core.lookout import Gap, Lookout

BATCH, CROWD = 500, 200
SUSPECT_S, EVERYWHERE_S = 1.0, 10.0
LEADER_LOCK = 0x5144_0001  # "QD", lock 1: the relay's
BEAT = "quarterdeck relay "


def _look(part: str, company: str) -> str:
    """Return the SQL that finds the rows of one part of the companies: in the gaps first, for their ids are lower.

    The gaps are joined as a subquery that can not be flattened, and the rows are named by their place: neither leaves
    the planner a way that walks over the whole table, which it would like while the table is small.
    """
    return f"""{part}_late AS (
        SELECT late.id, late.place FROM unnest(CAST(:{part}_lows AS bigint[]), CAST(:{part}_highs AS bigint[])) gap (low, high)
        CROSS JOIN LATERAL (
            SELECT id, ctid AS place FROM outbox
            WHERE id BETWEEN gap.low AND gap.high AND company_id {company} ORDER BY id LIMIT :{part}_most
        ) late ORDER BY late.id LIMIT :{part}_most
    ), {part} AS (
        SELECT place FROM {part}_late UNION ALL (
            SELECT ctid FROM outbox WHERE id > :{part}_after AND company_id {company}
            ORDER BY id LIMIT :{part}_most - (SELECT count(*) FROM {part}_late)
        )
    )"""


SEQUENCE = sa.text(
    f"""
    WITH {_look("others", "<> ALL(CAST(:crowd AS bigint[]))")},
    {_look("crowded", "= ANY(CAST(:crowd AS bigint[]))")},
    taken AS (
        DELETE FROM outbox
        WHERE ctid = ANY(ARRAY(SELECT place FROM others UNION ALL SELECT place FROM crowded)) RETURNING *
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
    SELECT company_id, topic, seq, type, event_id, row_id, row_version, user_id, {EVENT_JSON} AS event, id
    FROM placed ORDER BY place, id
    """
)
WRITERS = sa.text(
    "SELECT virtualtransaction FROM pg_locks WHERE relation = 'outbox'::regclass AND mode = 'RowExclusiveLock' "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def try_lead(connection: sa.Connection) -> bool:
    """Take the leader's lock if nobody has it; it lasts as long as the connection."""
    return bool(connection.execute(sa.text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LEADER_LOCK}).scalar_one())


def end_with_us(connection: sa.Connection) -> None:
    """Let the server end this connection, and with it the lock, within three seconds of our machine's death.

    A process that is killed closes its connections; a machine without power, or behind a cut cable, closes nothing, and
    would keep the lock for the two hours that keepalive waits by default.
    """
    wanted = {
        "tcp_keepalives_idle": "1",
        "tcp_keepalives_interval": "1",
        "tcp_keepalives_count": "2",
        "tcp_user_timeout": "3000",
    }
    for name, value in wanted.items():
        connection.execute(sa.text("SELECT set_config(:name, :value, false)"), {"name": name, "value": value})


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


class Sequencer:
    """Numbers what waits in the outbox, and remembers where to look and who crowds.

    Another one may number beside it: what both find only one of them deletes, and so numbers.
    """

    def __init__(self, connection: sa.Connection) -> None:
        """Begin.

        Args:
            connection: The leader's; each statement is its own transaction.
        """
        self.connection = connection
        self.crowd: list[CompanyId] = []
        self.others, self.crowded = Lookout(), Lookout()
        self._suspected_at = self._everywhere_at = time.monotonic()

    def number(self) -> list[Logged]:
        """Number one batch at most; committed when this returns."""
        everywhere = time.monotonic() - self._everywhere_at >= EVERYWHERE_S
        if everywhere:
            self._everywhere_at = time.monotonic()
        given: dict[str, Any] = {"crowd": self.crowd}
        for part, lookout, most in self._parts():
            gaps = [Gap(1, lookout.after)] if everywhere else lookout.gaps
            given |= {
                f"{part}_after": lookout.after, f"{part}_most": most,
                f"{part}_lows": [gap.low for gap in gaps], f"{part}_highs": [gap.high for gap in gaps],
            }  # fmt: skip
        rows = self.connection.execute(SEQUENCE, given).all()
        facts = [Logged(*row[:-1]) for row in rows]
        self._note([(fact.company_id, row[-1]) for fact, row in zip(facts, rows, strict=True)])
        self._gather(crowd_of(facts, self.crowd))
        self._suspect()
        return facts

    def _parts(self) -> list[tuple[str, Lookout, int]]:
        return [("others", self.others, BATCH), ("crowded", self.crowded, CROWD if self.crowd else 0)]

    def _note(self, found: list[tuple[CompanyId, int]]) -> None:
        """Learn from the ids of a batch where to look from now on."""
        taken = sorted(row_id for _, row_id in found)
        for part, lookout, most in self._parts():
            mine = [row_id for company_id, row_id in found if (company_id in self.crowd) == (part == "crowded")]
            if part == "others" or self.crowd:
                lookout.note(mine, taken, was_cut=len(mine) >= most)

    def _gather(self, crowd: list[CompanyId]) -> None:
        """Let others be the crowd: whoever comes or goes is looked for wherever it was looked for before."""
        if crowd != self.crowd:
            joined = self.others.joined(self.crowded) if self.crowd else self.others
            self.others, self.crowded = joined, Lookout(joined.after, joined.gaps)
            self.crowd = crowd

    def _suspect(self) -> None:
        """Ask now and then who still writes: nobody owns the gaps of those who have ended."""
        if time.monotonic() - self._suspected_at < SUSPECT_S or not (self.others.gaps or self.crowded.gaps):
            return
        writers = frozenset(self.connection.execute(WRITERS).scalars())
        self.others.suspect(writers)
        self.crowded.suspect(writers)
        self._suspected_at = time.monotonic()


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
