"""The leading relay reads PostgreSQL's counters by itself."""

import psycopg

from tests.site import Site, wait_for


def test_the_relay_that_leads_has_read_the_counters(site: Site, superuser_url: str):
    with psycopg.connect(superuser_url, autocommit=True) as root:
        wait_for(
            lambda: root.execute("SELECT 1 FROM server_counters WHERE key = ''").fetchone() is not None, limit_s=60
        )
        held = root.execute("SELECT rows FROM server_counters WHERE key = ''").fetchone()
    assert held is not None
    assert held[0] > 0
