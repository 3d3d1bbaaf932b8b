"""Why PostgreSQL's own figures cannot be had now."""

from app.core.errors import Problem


class MonitorMissing(Problem, code="monitor-missing", status=503):
    """PostgreSQL's own figures are not read here. DATABASE_MONITOR_URL is not set; docs/operations.md says which login it names."""


class MonitorAway(Problem, code="monitor-away", status=503):
    """PostgreSQL does not answer its monitor. {reason}"""

    reason: str


class MonitorBusy(Problem, code="monitor-busy", status=503):
    """Too many ask PostgreSQL for its figures at once. Try again in a moment."""


class CountersMissing(Problem, code="counters-missing", status=503):
    """PostgreSQL does not count statements here. Load pg_stat_statements through shared_preload_libraries, restart PostgreSQL, and run: CREATE EXTENSION pg_stat_statements."""
