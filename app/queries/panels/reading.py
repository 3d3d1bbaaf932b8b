"""Reading panels: each is one short question to PostgreSQL, and each says for itself what is missing.

Only catalogues and counters are read, which take no lock on any table: whatever holds a table, the page about it comes.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import psycopg
import structlog

from app.core.errors import Problem
from app.queries.server.link import monitor, set_timeout
from app.queries.server.protocol import Link

Item = TypeVar("Item")
Read = TypeVar("Read")
log = structlog.get_logger()

PANEL_MS, PAGE_MS, LEAST_MS = 600, 900, 20
WORDS = {
    "57014": "It did not answer in time.",
    "55P03": "A lock was in the way.",
    "42501": "The login that watches may not read it.",
    "42883": "This PostgreSQL does not have what it asks for.",
    "42P01": "This PostgreSQL does not have what it asks for.",
    "42703": "This PostgreSQL does not have what it asks for.",
}
RIGHTS = """
SELECT current_user::text AS role, pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS may_read,
       pg_has_role(current_user, 'pg_signal_backend', 'USAGE') AS may_signal
"""


@dataclass(frozen=True)
class Rights:
    """What the login that watches may do.

    Attributes:
        may_read: See what other logins do.
        may_signal: Stop what other logins do.
    """

    role: str
    may_read: bool
    may_signal: bool


@dataclass(frozen=True)
class Reading(Generic[Item]):
    """What a panel shows.

    Attributes:
        missing: Why not all of it is there; empty when it is.
        mend: The statement that gives the right it lacks; empty when that is not what is missing.
    """

    items: Sequence[Item] = ()
    missing: str = ""
    mend: str = ""


class Board:
    """A connection for the panels of one page, and the time they have together."""

    def __init__(self, link: Link | None, away: str = "") -> None:
        self._link, self._away = link, away
        self._until = time.monotonic() + PAGE_MS / 1000
        self._rights: Rights | None = None

    def read(self, panel: str, work: Callable[[Link], Sequence[Read]], *, needs_stats: bool = False) -> Reading[Read]:
        """Read a panel; what goes wrong stays in it.

        Args:
            panel: Its name in the log.
            work: Asks and returns its items.
            needs_stats: Without `pg_read_all_stats` it shows the login's own part alone.
        """
        if self._link is None:
            return Reading(missing=self._away)
        left_ms = int((self._until - time.monotonic()) * 1000)
        if left_ms < LEAST_MS:
            return Reading(missing="The panels before it took all the time. Read the page again.")
        try:
            set_timeout(self._link, min(left_ms, PANEL_MS))
            items = work(self._link)
        except psycopg.Error as error:
            log.warning("panel not read", panel=panel, sqlstate=error.sqlstate or "")
            return Reading(missing=WORDS.get(error.sqlstate or "", "PostgreSQL broke off."), mend=mend_of(error))
        lacking = needs_stats and not self.rights().may_read
        return Reading(items, **hidden(self.rights().role)) if lacking else Reading(items)

    def rights(self) -> Rights:
        """Return what the login may do; nothing when it cannot be asked."""
        if self._rights is None:
            self._rights = Rights("", may_read=False, may_signal=False)
            if self._link is not None:
                try:
                    row = self._link.execute(RIGHTS).fetchone()
                except psycopg.Error:
                    return self._rights
                self._rights = Rights(**row) if row else self._rights
        return self._rights


@contextmanager
def board() -> Iterator[Board]:
    """Open a connection for some panels; without one each of them says why."""
    with ExitStack() as opened:
        try:
            link = opened.enter_context(monitor(PANEL_MS))
        except Problem as problem:
            yield Board(None, problem.sentence)
            return
        yield Board(link)


def hidden(role: str) -> dict[str, str]:
    """Return what a panel says that sees its own login's work alone."""
    return {
        "missing": "What other logins do is hidden from the login that watches.",
        "mend": f"GRANT pg_read_all_stats TO {role};",
    }


def mend_of(error: psycopg.Error) -> str:
    """Return what gives the right that was missing."""
    return "GRANT pg_read_all_stats TO qd_monitor;" if error.sqlstate == "42501" else ""
