"""Who may see the pools of all processes, and what the page and its JSON say of them."""

from typing import Any

import pytest
from flask import Flask

from app.core.db import db
from app.core.pool_figures import Gauges, Waits
from app.core.redis import request_redis
from app.queries.pools import store
from app.queries.pools.telling import Teller, teller_of
from tests.queries.pools.saying import tell
from tests.world import Person


def pools(pat: Person) -> dict[str, Any]:
    """The JSON of all pools."""
    found = pat.get("/api/pools").json
    assert isinstance(found, dict)
    return found


def test_gauges_of_all_processes_add_up(app: Flask, pat: Person) -> None:
    tell(app, "web:a:1", "app", Gauges(total=5, in_use=3, idle=2, waiting=0, max=10))
    tell(app, "web:a:2", "app", Gauges(total=10, in_use=10, idle=0, waiting=4, max=10))
    found = pools(pat)
    assert found["now"] == {"total": 15, "inUse": 13, "idle": 2, "waiting": 4, "max": 20}
    assert [(one["process"], one["kind"]) for one in found["processes"]] == [("web:a:1", "web"), ("web:a:2", "web")]
    assert found["binds"][0]["processes"] == 2


def test_waits_are_percentiles_over_all_processes(app: Flask, pat: Person) -> None:
    quick, slow = Waits(), Waits()
    for _ in range(90):
        quick.note(0.001)
    for _ in range(10):
        slow.note(0.5)
    tell(app, "web:a:1", "app", Gauges(1, 0, 1, 0, 10), quick)
    tell(app, "web:a:2", "app", Gauges(1, 0, 1, 0, 10), slow)
    (one,) = pools(pat)["binds"]
    assert one["taken"] == 100
    assert one["waitP50Ms"] == pytest.approx(1, rel=0.02)
    assert one["waitP95Ms"] == pytest.approx(500, rel=0.02)


def test_a_process_that_ended_is_no_longer_counted(app: Flask, pat: Person) -> None:
    tell(app, "web:a:1", "app", Gauges(5, 3, 2, 0, 10), age_s=store.FORGOTTEN_AFTER_S + 1)
    assert pools(pat)["processes"] == []
    with app.app_context():
        assert request_redis().run(store.forget_silent) == 1
        assert request_redis().run(store.forget_silent) == 0


def test_postgresql_counts_our_connections_beside(pat: Person) -> None:
    server = pools(pat)["server"]
    assert server["missing"] == ""
    assert server["room"] > 0
    assert any(one["role"] == "qd_app" and one["connections"] >= 1 for one in server["sessions"])


def test_this_process_tells_of_its_own(app: Flask, pat: Person) -> None:
    with app.app_context():
        db.session.execute(db.text("SELECT 1"))
        teller_of(app).tell()
    told = {one["bind"]: one for one in pools(pat)["binds"]}
    assert told["app"]["now"]["inUse"] >= 1
    assert told["app"]["taken"] >= 1


def test_what_valkey_does_not_take_is_told_the_next_time(app: Flask, pat: Person, monkeypatch: Any) -> None:
    teller = Teller(app)
    with app.app_context():
        db.session.execute(db.text("SELECT 1"))
    with monkeypatch.context() as broken:
        broken.setattr(teller, "_client", DeadValkey())
        teller.tell()
    assert teller.is_away
    teller.tell()
    assert not teller.is_away
    assert {one["bind"]: one["taken"] for one in pools(pat)["binds"]}["app"] >= 1


class DeadValkey:
    """Somebody who does not answer."""

    def pipeline(self, **_: Any) -> None:
        """Refuse."""
        raise OSError("no route")


def test_the_page_says_who_waits(app: Flask, pat: Person) -> None:
    tell(app, "web:a:1", "app", Gauges(10, 10, 0, 3, 10))
    page = pat.get("/pools").text
    assert "3 requests wait for a connection now." in page
    assert "web:a:1" in page


def test_the_page_says_who_got_none(app: Flask, pat: Person) -> None:
    waits = Waits()
    waits.note(2.0, is_timeout=True)
    tell(app, "web:a:1", "app", Gauges(10, 10, 0, 0, 10), waits)
    assert "1 time nobody got a connection in time, on app." in pat.get("/pools").text


def test_a_reread_brings_the_live_parts_alone(app: Flask, pat: Person) -> None:
    part = pat.fragment("/pools").text
    assert 'id="pools"' in part
    assert "<html" not in part


def test_only_platform_admins_see_pools(ada: Person, vera: Person, cleo: Person) -> None:
    for person in (ada, vera, cleo):
        assert person.get("/pools").status_code == 403
        assert person.get("/api/pools").status_code == 403
