"""The real processes: what web workers, the relay and a worker send is in the tables a few seconds later."""

from typing import Any
from urllib.request import urlopen

import pytest

from tests.site import Site, wait_for
from tests.world import World

pytestmark = pytest.mark.slow


def test_what_every_kind_of_process_sends_becomes_rows(site: Site, world: World) -> None:
    def seen() -> set[str]:
        with urlopen(f"{site.url}/health/ready", timeout=10):  # noqa: S310 (our own address)
            pass
        rows: list[dict[str, Any]] = world.sql.execute("SELECT DISTINCT endpoint FROM query_origins").fetchall()
        return {row["endpoint"] for row in rows}

    wait_for(lambda: seen() >= {"health.show_ready", "relay:query-fold", "relay:jobs"}, limit_s=90, say=seen)
    rows = world.sql.execute(
        "SELECT count(*) AS minutes, array_agg(DISTINCT o.line) AS lines FROM query_origins o JOIN query_minutes USING (fingerprint) "
        "WHERE endpoint = 'relay:query-fold'"
    ).fetchall()
    assert rows[0]["minutes"] > 0
    assert any(line.startswith("app/queries/watch/") for line in rows[0]["lines"])
    lost = world.sql.execute("SELECT coalesce(sum(lost + dropped), 0) AS lost FROM query_folds").fetchone()
    assert lost is not None
    assert lost["lost"] == 0
