"""A server whose figures are read: ours today; what another one would have to answer."""

from contextlib import AbstractContextManager
from typing import Any, Protocol

import psycopg

Row = dict[str, Any]  # Any: a column of the catalogue
Link = psycopg.Connection[Row]


class Server(Protocol):
    """One PostgreSQL, asked by a login that reads statistics and no row of anybody's."""

    @property
    def name(self) -> str:
        """How pages and rows call it."""

    def connect(self, timeout_ms: int) -> AbstractContextManager[Link]:
        """Open a connection of its own whose statements end after `timeout_ms`.

        Raises:
            MonitorMissing: No login is set.
            MonitorAway: It does not answer.
            MonitorBusy: As many as may ask it at once.
        """
