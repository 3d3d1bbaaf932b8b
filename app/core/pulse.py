"""Whether a database server answers, as this process knows it.

Asked only when there is doubt: a connection was lost, or a statement has waited for long. Then one thread, however many
wait, opens a connection of its own again and again until that works. Until then requests wait for it, as long as an
outage is young and they have time; afterwards they are told at once. So a restart costs nobody a page, and a
server that is frozen holds nobody for longer than a person waits.
"""

import threading
import time
from collections.abc import Callable, Generator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from flask import has_request_context
from sqlalchemy.engine import make_url

from app.core import guards, process

log = structlog.get_logger(__name__)
# A restart takes a second or two; who comes later in an outage is told at once.
YOUNG_S = 5.0
AGAIN_S, FORGET_S = 0.1, 15.0
# What the server itself says of a connection it will not take now; whatever else it says, it is there.
NOT_NOW = ("starting up", "shutting down", "recovery", "read-only", "standby", "not accepting")


class NoPulse(psycopg.OperationalError):
    """The database server is silent, or away."""


class OutOfTime(NoPulse):
    """A request had no time left for connecting; of the server it says nothing."""


@dataclass(frozen=True)
class Patience:
    """How long silence is no sign yet: of a statement, and of a new connection."""

    statement_s: float
    connection_s: float


# Of a silence as long as DB_SILENCE_MS, the statement's share; a new connection has the rest. A person waits three
# seconds at most. A job or the relay would rather wait than begin again.
STATEMENT_SHARE, OTHERS_S = 0.36, 3.0
GRACE_S = (
    0.3  # that a connection begun in a request's last moment may take: all of it together stays below three seconds
)
_silence_s = [2.2]  # of this process: servers are told apart by their address, not by the app that asks
_until: ContextVar[float | None] = ContextVar("pulse_until", default=None)


def begin_request(until: float | None) -> None:
    """Say until when a request may wait for a database that is away, on the monotonic clock; None at its end."""
    _until.set(until)


def time_left() -> float:
    """Return for how many seconds the request at hand may still wait; endless outside of one."""
    until = _until.get()
    if until is None or not has_request_context():
        return float("inf")
    return max(0.0, until - time.monotonic())


def out_of_time() -> Callable[[], None]:
    """Return a look that ends a connecting when the request it is for has no time left; elsewhere it looks at nothing.

    A server that wakes up has hundreds of connections to take before this one.
    """
    until = _until.get()
    # A thread that was begun in a request has its context, too, and goes on after it.
    is_ours = until is not None and time.monotonic() < until + FORGET_S and not guards.is_unguarded()

    def look() -> None:
        if is_ours and until is not None and time.monotonic() > until + GRACE_S:
            raise OutOfTime("no connection before the request must end")

    return look


def allow_silence(seconds: float) -> None:
    """Say how long a request puts up with a silent server before it leaves it."""
    _silence_s[0] = seconds


def patience() -> Patience:
    """Return how long this process waits."""
    silence_s = _silence_s[0]
    if process.kind() == "web":
        return Patience(STATEMENT_SHARE * silence_s, (1 - STATEMENT_SHARE) * silence_s)
    return Patience(max(OTHERS_S, silence_s), max(OTHERS_S, silence_s))


class Pulse:
    """One server's, in this process.

    Attributes:
        away_since: When it was found away; None while it answers as far as anybody knows.
    """

    def __init__(self, named: dict[str, Any]) -> None:
        self._named = named
        self.away_since: float | None = None
        self._answered_at = self._asked_at = float("-inf")
        self._back = threading.Event()
        self._changing = threading.Lock()
        self._watcher = 0  # the process whose thread watches; a fork has none

    @property
    def is_away(self) -> bool:
        """Whether it was lost and has not come back yet."""
        return self.away_since is not None

    def beat(self) -> None:
        """Take note that it took a connection."""
        self._answered_at = time.monotonic()

    def look(self, began: float) -> None:
        """Say whether to go on waiting for a statement's answer; called ten times a second.

        Raises:
            NoPulse: The server takes no connections either.
        """
        now, statement_s = time.monotonic(), patience().statement_s
        if now - began < statement_s:
            return
        self._asked_at = now
        if self.is_away:
            raise NoPulse("the server does not answer, and takes no new connection either")
        if now - self._answered_at > statement_s:
            self._watch()

    def lose(self) -> None:
        """Take note that a connection was lost, or could not be had; it is asked again and again from now on."""
        if guards.is_unguarded():
            return
        with self._changing:
            if self.away_since is None:
                self._back.clear()
                self.away_since = self._asked_at = time.monotonic()
        self._watch()

    def wait(self) -> bool:
        """Wait until it is back, while this request has time and the outage is young; return whether it is."""
        since, until, now = self.away_since, _until.get(), time.monotonic()
        if since is None:
            return True
        self._asked_at = now
        self._watch()
        return until is not None and self._back.wait(max(0.0, min(until, since + YOUNG_S) - now))

    def _watch(self) -> None:
        with self._changing:
            if self._watcher == process.pid():
                return
            self._watcher = process.pid()
        threading.Thread(target=self._run, name="pulse", daemon=True).start()

    def _run(self) -> None:
        pause = threading.Event()
        while not self._is_over(time.monotonic(), self._probe()):
            pause.wait(AGAIN_S)

    def _is_over(self, now: float, why_not: str) -> bool:
        """Take an answer; return whether nobody needs another one."""
        with self._changing:
            if why_not and self.away_since is None:
                self.away_since = now
                self._back.clear()
                log.warning("database does not answer", reason=why_not)
            if why_not and now - self._asked_at < FORGET_S:
                return False
            if not why_not:
                self._answered_at = now
                if self.away_since is not None:
                    log.info("database answers", away_s=round(now - self.away_since, 2))
            self.away_since, self._watcher = None, 0
            self._back.set()
            return True

    def _probe(self) -> str:
        """Open a connection and close it; return why that could not be done."""
        try:
            _Probe.connect(**self._named, autocommit=True).close()
        except (psycopg.Error, OSError) as error:
            said = str(error)
            is_there = "FATAL" in said and not any(word in said for word in NOT_NOW)
            return "" if is_there else said.strip() or type(error).__name__
        return ""


class _Probe(psycopg.Connection[Any]):
    """A connection that is there within a moment, or not at all; the driver's own limit is two seconds at least."""

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Generator[Any, Any, Any]:  # Any: psycopg's
        from app.core.driver import watched

        return watched(super()._connect_gen(conninfo), _deadline())


def _deadline() -> Callable[[], None]:
    limit_s = patience().connection_s
    until = time.monotonic() + limit_s

    def look() -> None:
        if time.monotonic() > until:
            raise NoPulse(f"no connection within {limit_s} s")

    return look


_pulses: dict[str, Pulse] = {}


def pulse_at(named: dict[str, Any]) -> Pulse:
    """Return the pulse of the server that a driver's arguments name; its logins share one."""
    key = f"{named.get('host', '')}:{named.get('port', '')}"
    found = _pulses.get(key)
    return _pulses.setdefault(key, Pulse(dict(named))) if found is None else found


def pulse_of(url: str) -> Pulse:
    """Return the pulse of the server at an address."""
    place = make_url(url)
    _, named = place.get_dialect()().create_connect_args(place)
    return pulse_at({**named, "connect_timeout": 2})
