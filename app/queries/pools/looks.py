"""How the page says what the pools do."""

from dataclasses import dataclass

from app.core.pool_figures import Gauges
from app.core.present import plural
from app.queries.pools.reads import BindView, PoolsView, add_up
from app.queries.pools.store import Told

LONG_WAIT_MS = 100.0
# What each login is for: docs/operations.md.
PURPOSES = {
    "app": "pages, JSON and jobs, each in one company",
    "platform": "reads across companies; writes nothing",
    "system": "the relay and the collector",
}


@dataclass(frozen=True)
class Verdict:
    """The one sentence of the page, and its tone."""

    tone: str
    text: str


def verdict_of(view: PoolsView) -> Verdict:
    """Return the one sentence: who cannot get a connection, who waits, or that nobody does."""
    if view.is_away:
        return Verdict("warn", "Valkey does not answer, so nobody knows what the processes' pools do.")
    if not view.processes:
        return Verdict("idle", "No process has told of its pools yet. Each does, every five seconds.")
    if view.timeouts:
        where = ", ".join(one.bind for one in view.binds if one.timeouts)
        return Verdict("bad", f"{plural(view.timeouts, 'time')} nobody got a connection in time, on {where}.")
    out = [one for one in view.replicas.items if not one.is_asked] if view.replicas.is_on else []
    if view.now.waiting:
        return Verdict("warn", f"{plural(view.now.waiting, 'request')} wait for a connection now.")
    worst = view.worst()
    if worst is not None and (worst.waits.p95 or 0.0) >= LONG_WAIT_MS:
        return Verdict(
            "warn", f"Taking a connection is slow on {worst.bind}: 5 of 100 wait {ms(worst.waits.p95)} or more."
        )
    if out:
        return Verdict("warn", f"The replica {out[0].name} is not read from. {out[0].reason}")
    if view.is_oversold:
        return Verdict(
            "warn", f"The pools may open {view.may_open} connections; PostgreSQL lets {view.server.room} in."
        )
    return Verdict("good", f"Nobody waits: {view.now.in_use} of {view.now.max} connections are in use.")


def tone_of(one: BindView) -> str:
    """Return the tone of a bind's row."""
    if one.timeouts:
        return "bad"
    is_slow = one.is_telling and (one.waits.p95 or 0.0) >= LONG_WAIT_MS
    return "warn" if one.now.waiting or is_slow else ""


def purpose_of(bind: str) -> str:
    """Return what a login is for."""
    if bind.startswith("replica"):
        return "reads across companies, on a copy" if bind.endswith("-platform") else "reads that may lag, on a copy"
    return PURPOSES.get(bind, "")


def ms(value: float | None) -> str:
    """Return milliseconds as people read them; a dash for none."""
    if value is None:
        return "–"
    if value >= 1000:  # noqa: PLR2004 (a second)
        return f"{value / 1000:.1f} s"
    return f"{value:.0f} ms" if value >= 10 else f"{value:.2f} ms"  # noqa: PLR2004


def sum_of(told: Told) -> Gauges:
    """Return a process's pools added up."""
    return add_up(told.binds.values())


def logins_of(told: Told) -> str:
    """Return a process's pools in words: in use, of those open."""
    return ", ".join(f"{bind} {now.in_use} of {now.total}" for bind, now in told.binds.items() if now.total) or "none"


def behind(lag_s: float) -> str:
    """Return how old a replica's state is."""
    return ms(lag_s * 1000) if lag_s else "up to date"


def percent(part: int, whole: int) -> float:
    """Return a share for a bar."""
    return 100 * part / whole if whole else 0.0
