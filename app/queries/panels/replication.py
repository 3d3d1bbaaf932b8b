"""Replicas and slots, as the server they follow sees them; and whom this server follows, if it is a replica itself."""

from dataclasses import dataclass

from app.queries.server.protocol import Link

# Where writing has come to: on a replica, what it has received.
HEAD = "CASE WHEN pg_is_in_recovery() THEN pg_last_wal_receive_lsn() ELSE pg_current_wal_lsn() END"
REPLICAS = f"""
SELECT pid, coalesce(nullif(application_name, ''), 'unnamed') AS name, coalesce(host(client_addr), '') AS client,
       coalesce(state, '') AS state, coalesce(sync_state, '') AS sync,
       pg_wal_lsn_diff({HEAD}, replay_lsn)::bigint AS behind_bytes, extract(epoch FROM replay_lag)::float8 AS lag_s
FROM pg_stat_replication ORDER BY 6 DESC NULLS FIRST, pid
"""
SLOTS = f"""
SELECT slot_name::text AS name, slot_type AS kind, active AS is_active, coalesce(wal_status, '') AS wal_status,
       pg_wal_lsn_diff({HEAD}, restart_lsn)::bigint AS kept_bytes
FROM pg_replication_slots ORDER BY 5 DESC NULLS LAST, 1
"""
FOLLOWS = """
SELECT coalesce(sender_host, '') AS host, sender_port AS port, coalesce(status, '') AS state,
       pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())::bigint AS behind_bytes,
       CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
            ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END AS lag_s
FROM pg_stat_wal_receiver WHERE pg_is_in_recovery()
"""


@dataclass(frozen=True)
class Replica:
    """A server that follows this one.

    Attributes:
        behind_bytes: Of what is written here and not yet applied there; None when the login may not see it.
        lag_s: How long it takes there until a commit is seen; None while nothing is written.
    """

    pid: int
    name: str
    client: str
    state: str
    sync: str
    behind_bytes: int | None
    lag_s: float | None


@dataclass(frozen=True)
class Slot:
    """What keeps write-ahead log for a follower, whether it comes or not.

    Attributes:
        kept_bytes: Of log; None when it keeps none.
    """

    name: str
    kind: str
    is_active: bool
    wal_status: str
    kept_bytes: int | None


@dataclass(frozen=True)
class Followed:
    """The server that this one follows."""

    host: str
    port: int | None
    state: str
    behind_bytes: int | None
    lag_s: float | None


def list_replicas(link: Link) -> list[Replica]:
    """Return who follows, the one furthest behind first."""
    return [Replica(**row) for row in link.execute(REPLICAS).fetchall()]


def list_slots(link: Link) -> list[Slot]:
    """Return slots, the one that keeps most first."""
    return [Slot(**row) for row in link.execute(SLOTS).fetchall()]


def list_followed(link: Link) -> list[Followed]:
    """Return whom this server follows: nobody, or one."""
    return [Followed(**row) for row in link.execute(FOLLOWS).fetchall()]
