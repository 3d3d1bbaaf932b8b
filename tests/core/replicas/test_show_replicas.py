"""What the panels say of a real replica: how far it is behind, what a slot keeps, and whom it follows itself."""

import psycopg
from sqlalchemy.engine import make_url

from app.queries.panels.replication import Slot, list_followed, list_replicas, list_slots
from app.queries.server.link import open_link
from tests.replicating import Pair
from tests.site import wait_for

WRITE = "SELECT pg_logical_emit_message(false, 'panels', repeat('x', 200000))"
PATIENT_MS = 20_000


def test_a_replica_that_does_not_apply_what_it_gets_is_shown_as_behind(app, pair: Pair) -> None:
    with open_link(pair.urls["DATABASE_MONITOR_URL"], PATIENT_MS) as link, psycopg.connect(pair.superuser_url) as sql:
        pair.catch_up()
        (one,) = list_replicas(link)
        assert one.state == "streaming"
        pair.pause()
        sql.execute(WRITE)
        sql.commit()
        wait_for(lambda: (list_replicas(link)[0].behind_bytes or 0) > 100_000)
        pair.resume()
        pair.catch_up()
        wait_for(lambda: (list_replicas(link)[0].behind_bytes or 0) < 100_000)


def test_a_slot_that_nobody_reads_shows_what_it_keeps(app, pair: Pair) -> None:
    with open_link(pair.urls["DATABASE_MONITOR_URL"], PATIENT_MS) as link, psycopg.connect(pair.superuser_url) as sql:
        sql.execute("SELECT pg_create_physical_replication_slot('panel_probe', true)")
        try:
            sql.execute(WRITE)
            sql.commit()

            def probe() -> Slot:
                return next(slot for slot in list_slots(link) if slot.name == "panel_probe")

            wait_for(lambda: (probe().kept_bytes or 0) > 100_000, say=probe)  # a message waits for the WAL writer
            assert (probe().kind, probe().is_active) == ("physical", False)
        finally:
            sql.execute("SELECT pg_drop_replication_slot('panel_probe')")
            sql.commit()


def test_a_replica_says_whom_it_follows(app, pair: Pair) -> None:
    primary, replica = make_url(pair.urls["DATABASE_MONITOR_URL"]), pair.urls["DATABASE_REPLICA_URLS"].partition(",")[0]
    there = primary.set(port=make_url(replica).port).render_as_string(hide_password=False)
    pair.catch_up()
    with open_link(there, PATIENT_MS) as link, open_link(pair.urls["DATABASE_MONITOR_URL"], PATIENT_MS) as here:
        (one,) = list_followed(link)
        assert (one.host, one.port, one.state) == (primary.host, primary.port, "streaming")
        assert list_followed(here) == []
        assert list_replicas(link) == []
