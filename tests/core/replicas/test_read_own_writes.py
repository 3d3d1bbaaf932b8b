"""Whoever wrote reads what they wrote: the next request goes to a replica only when it has come as far."""

import json

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import User
from app.core.db import db, transaction
from app.core.redis import request_redis
from app.core.replicas import written
from app.core.replicas.lsn import read_lsn, write_lsn
from app.core.replicas.reading import reads_may_lag
from app.core.replicas.watch import watch_of
from app.core.tenancy import acting_for
from tests.core.replicas.conftest import replica_of
from tests.replicating import Pair
from tests.site import wait_for
from tests.world import Person


def read_name(person: Person) -> tuple[str, bool]:
    """What a read that may lag says of somebody's name, and whether a replica said it."""
    with acting_for(person.company_id), reads_may_lag() as replica:
        return str(db.session.scalar(sa.select(User.name).where(User.id == person.id))), replica is not None


def rename(person: Person, name: str) -> None:
    """Write."""
    with acting_for(person.company_id), transaction() as session:
        session.execute(sa.update(User).where(User.id == person.id).values(name=name))


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """Somebody's browser: it keeps cookies."""
    return app.test_client()


def write_in(app: Flask, person: Person, name: str, **request: object) -> str | None:
    """Rename somebody in a request of theirs; return the cookie it answers with."""
    with app.test_request_context("/", method="POST", **request):  # type: ignore[arg-type]
        rename(person, name)
        answer = written.carry(app.response_class())
    cookies = [one.partition(";")[0] for one in answer.headers.getlist("Set-Cookie")]
    return next((one.partition("=")[2] for one in cookies if one.startswith(written.COOKIE)), None)


def test_who_wrote_is_answered_by_the_primary_until_the_replica_has_it(app: Flask, ada: Person, pair: Pair) -> None:
    pair.catch_up()
    pair.pause()
    cookie = write_in(app, ada, "Ada Lovelace")
    assert cookie is not None
    carried = {"Cookie": f"{written.COOKIE}={cookie}"}
    with app.test_request_context("/", headers=carried):
        assert read_name(ada) == ("Ada Lovelace", False)
    with app.test_request_context("/"):
        assert read_name(ada) == ("Company Admin", True)  # somebody else may see it as it was
    pair.resume()
    wait_for(lambda: replica_of(app).replayed >= (read_lsn(cookie) or 0), limit_s=20)
    with app.test_request_context("/", headers=carried):
        assert read_name(ada) == ("Ada Lovelace", True)


def test_a_request_reads_what_it_wrote_itself(app: Flask, ada: Person, pair: Pair) -> None:
    pair.catch_up()
    pair.pause()
    with app.test_request_context("/", method="POST"):
        rename(ada, "Ada at once")
        assert read_name(ada) == ("Ada at once", False)


def test_a_request_that_wrote_nothing_carries_nothing(app: Flask, ada: Person) -> None:
    with app.test_request_context("/"):
        read_name(ada)
        assert written.carry(app.response_class()).headers.getlist("Set-Cookie") == []


def test_the_cookie_comes_with_an_act_of_the_console(ada: Person) -> None:
    answer = ada.post("/api/tokens", json={"name": "script", "scopes": ["orders:read"]})
    assert answer.status_code == 201, answer.text
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(written.COOKIE)]
    assert "HttpOnly" in cookie
    assert "Max-Age=60" in cookie
    assert read_lsn(cookie.partition(";")[0].partition("=")[2])


def test_a_cookie_nobody_wrote_sends_its_reader_to_the_primary(app: Flask, ada: Person) -> None:
    with app.test_request_context("/", headers={"Cookie": f"{written.COOKIE}=unknown"}):
        assert read_name(ada)[1] is False
    with app.test_request_context("/", headers={"Cookie": f"{written.COOKIE}=<nonsense>"}):
        assert read_name(ada)[1] is False


def test_a_token_has_its_position_in_valkey(app: Flask, ada: Person, pair: Pair) -> None:
    made = ada.post("/api/tokens", json={"name": "script", "scopes": ["orders:read"]})
    secret = json.loads(made.text)["token"]
    pair.catch_up()
    pair.pause()
    script = {"headers": {"Authorization": f"Bearer {secret}"}}
    assert write_in(app, ada, "Ada by script", **script) is None  # a script keeps no cookies
    with app.test_request_context("/", **script):  # type: ignore[arg-type]
        assert read_name(ada) == ("Ada by script", False)
        assert request_redis().run(lambda client: client.keys("lsn:*"))


def test_every_write_is_read_back_under_replication(app: Flask, ada: Person) -> None:
    cookie, from_replica = "0/0", 0
    for number in range(60):
        cookie = write_in(app, ada, f"Ada {number}") or cookie
        with app.test_request_context("/", headers={"Cookie": f"{written.COOKIE}={cookie}"}):
            name, was_replica = read_name(ada)
        assert name == f"Ada {number}"
        from_replica += was_replica
    wait_for(lambda: replica_of(app).replayed >= (read_lsn(cookie) or 0), limit_s=20)
    with app.test_request_context("/", headers={"Cookie": f"{written.COOKIE}={cookie}"}):
        assert read_name(ada) == ("Ada 59", True)


def test_without_replicas_nobody_asks_where_the_log_is(
    ada: Person, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_of(app).rotation, "replicas", [])
    with app.test_request_context("/", method="POST"):
        rename(ada, "Ada alone")
        assert read_name(ada) == ("Ada alone", False)
        assert written.carry(app.response_class()).headers.getlist("Set-Cookie") == []


def test_positions_are_written_as_postgresql_does() -> None:
    assert read_lsn("16/B374D848") == 0x16B374D848
    assert write_lsn(0x16B374D848) == "16/B374D848"
    assert read_lsn("no position") is None
