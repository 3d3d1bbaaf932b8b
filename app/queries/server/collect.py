"""What the leading relay does every minute: one reading of pg_stat_statements, kept as differences."""

import psycopg
import structlog

from app.core.errors import Problem
from app.queries.server.counters import find_home, read_counters, read_texts
from app.queries.server.differences import differences
from app.queries.server.keep import keep, load_before, unknown_keys
from app.queries.server.link import ours
from app.queries.server.protocol import Server

log = structlog.get_logger(__name__)
EVERY_S = 60.0
TIMEOUT_MS = 10_000


def collect_counters() -> None:
    """Read the counters of our own server; a server that does not answer is asked again in a minute."""
    try:
        collect(ours())
    except (Problem, psycopg.Error) as error:
        log.warning("postgresql's counters are not read", reason=getattr(error, "sqlstate", None) or str(error))


def collect(server: Server) -> int:
    """Read a server's counters once, and keep what each entry did since the reading before.

    Returns:
        How many entries did something.

    Raises:
        MonitorMissing: No login is set.
        CountersMissing: pg_stat_statements is not there.
    """
    before = load_before()
    with server.connect(TIMEOUT_MS) as link:
        home = find_home(link)
        now = read_counters(link, home)
        found = differences(before, now)
        new = unknown_keys(found) if found else []
        texts = read_texts(link, home, new) if new else {}
    kept = keep(before, now, found, {key: text for key, text in texts.items() if key in now.entries})
    return len(found) if kept else 0
