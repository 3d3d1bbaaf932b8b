"""What was told."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.world import Person

Rows = list[dict[str, Any]]


@pytest.fixture
def rows_told(pat: Person) -> Callable[..., Rows]:
    """Facts of a type, of one statement if it is named, as they wait for the relay or stand in the log."""

    def find(type_: str, row_id: str | None = None) -> Rows:
        found = pat.world.sql.execute(
            "SELECT type, row_id, data FROM outbox WHERE type = %s UNION ALL SELECT type, row_id, data FROM event_log WHERE type = %s",
            (type_, type_),
        ).fetchall()
        return [dict(row) for row in found if row_id is None or row["row_id"] == row_id]

    return find
