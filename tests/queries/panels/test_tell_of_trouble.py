"""What platform admins are told of the database, each once a day."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.queries.panels import watch
from app.queries.panels.activity import Backend
from app.queries.panels.replication import Replica, Slot
from app.queries.panels.sequences import Sequence
from app.queries.panels.upkeep import Age
from tests.queries.panels.backends import holding, started, waiting

LOCK, PATIENT = "SELECT pg_advisory_xact_lock(7061)", "SET lock_timeout = 0"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds up others or idles is trouble from the first moment on."""
    monkeypatch.setattr(watch, "HELD_UP_S", 0.0)
    monkeypatch.setattr(watch, "IDLE_S", 0.0)


def look(app: Any) -> list[watch.Trouble]:
    """What is wrong now."""
    with app.app_context():
        return list(watch.troubles_of(watch.look()))


def test_who_holds_up_others_is_told_once_with_a_page_that_shows_it(app, pat, world, urls, at_once, pump):
    url = urls["DATABASE_URL"]
    with holding(url, LOCK) as holder, waiting(world.sql, url, PATIENT, LOCK):
        pid, at = holder.info.backend_pid, started(world.sql, holder.info.backend_pid)
        found = {one.key: one for one in look(app)}
        assert f"Backend {pid} has held up 1 other for" in found[f"blocks {pid} {at}"].sentence
        assert found[f"blocks {pid} {at}"].link == "/slow-queries/live"
        assert f"Backend {pid} (qd_app) has held a transaction open" in found[f"idle {pid} {at}"].sentence
        with app.app_context():
            assert watch.watch_database() >= 2
            watch.watch_database()
    pump()
    assert (
        f"Backend {pid} has held up 1 other" in pat.get("/api/audit", query_string={"row": f"blocks {pid} {at}"}).text
    )
    told = world.sql.execute(
        "SELECT count(*) AS n FROM jobs WHERE name = 'notifications.send' AND args->>'text' LIKE %s",
        (f"Backend {pid} has held up%",),
    ).fetchone()
    assert told["n"] == 1
    world.sql.execute("DELETE FROM query_changes WHERE kind = 'server'")


def test_what_is_well_is_no_trouble(app):
    keys = {one.key.split()[0] for one in look(app)}
    assert keys.isdisjoint({"age", "sequence", "replica", "slot"})


def test_a_sequence_near_its_end_is_trouble(app, world):
    world.sql.execute("CREATE TABLE panel_probe (id serial)")
    try:
        world.sql.execute("SELECT setval('panel_probe_id_seq', 2000000000)")
        world.sql.execute("GRANT SELECT ON SEQUENCE panel_probe_id_seq TO qd_monitor")
        (one,) = [each for each in look(app) if each.key.startswith("sequence")]
    finally:
        world.sql.execute("DROP TABLE panel_probe")
    assert one.sentence == "The sequence panel_probe_id_seq of panel_probe.id is 93% used."
    assert one.link == "/slow-queries/tables#sequences"


def sentences(seen: watch.Seen) -> list[str]:
    """What is told of what was seen: an old database and a late replica take days to make."""
    return [one.sentence for one in watch.troubles_of(seen)]


def test_age_lag_and_slots_that_nobody_reads_are_trouble():
    seen = watch.Seen(
        ages=[Age("shop", 1_200_000_000, 0, 200_000_000, is_ours=True), Age("new", 5, 0, 200_000_000, is_ours=False)],
        counters=[Sequence("public", "turns", "", "", 9, 10, is_cycling=True)],
        replicas=[Replica(1, "east", "", "streaming", "async", 10, 95.0), Replica(2, "west", "", "", "", 0, None)],
        slots=[Slot("gone", "physical", False, "extended", 5_000_000_000), Slot("used", "physical", True, "", 9**12)],
    )
    assert sentences(seen) == [
        "Vacuum does not keep up in shop: 56% of the way to a stop of all writes is gone.",
        "The replica east is 1 min behind.",
        "Nobody reads the replication slot gone, which keeps 5.0 GB of log.",
    ]


def test_a_short_idle_transaction_is_no_trouble():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    short = Backend(
        9,
        "qd_app",
        "",
        "",
        "client backend",
        "idle in transaction",
        "",
        "",
        "",
        4.0,
        4.0,
        "",
        (),
        at,
        is_superuser=False,
    )
    assert sentences(watch.Seen(backends=[short])) == []
