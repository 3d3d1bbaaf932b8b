"""Whose rows are meant travels with the begin; a read alone is one trip; the end of what was read is not waited for."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import looping
from app.core.db import ask_alone, db, read_alone, transaction
from app.core.driver import LiveConnection
from app.core.tenancy import acting_for
from tests.world import Person

MINE = sa.select(sa.literal_column("current_setting('qd.company_id', true)"))
PEOPLE = sa.select(sa.literal_column("company_id")).select_from(sa.table("users"))


@pytest.fixture(params=["threads", "loop"], autouse=True)
def waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a job waits, and as gunicorn's workers do."""
    monkeypatch.setattr(looping, "is_on", request.param == "loop")


@pytest.fixture
def live(app: Flask) -> Iterator[LiveConnection]:
    """A connection of the app's pool."""
    with app.app_context():
        taken = db.engine.raw_connection()
        assert isinstance(taken.driver_connection, LiveConnection)
        yield taken.driver_connection
        taken.driver_connection.rollback()
        taken.close()


def setting(live: LiveConnection) -> str | None:
    row = live.execute("SELECT nullif(current_setting('qd.company_id', true), '')").fetchone()
    assert row is not None
    return row[0]


def test_a_company_is_told_with_the_begin_and_forgotten_with_the_end(live: LiveConnection) -> None:
    assert live.act_for(17)
    assert [setting(live), setting(live)] == ["17", "17"]
    assert not live.act_for(18), "a transaction is open: it has to be told by a statement"
    live.rollback()
    assert setting(live) is None
    live.rollback()
    live.act_for(19)
    live.rollback()
    assert setting(live) is None, "nobody began anything for 19"


def test_what_goes_alone_knows_its_company_and_leaves_nothing(live: LiveConnection) -> None:
    for number in range(1, 12):  # beyond the number of times after which psycopg prepares it
        live.act_for(number, is_alone=True)
        assert setting(live) == str(number)
        assert live.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
        assert live.pgconn.pipeline_status == psycopg.pq.PipelineStatus.OFF
        assert setting(live) == str(number), "what follows is a transaction of the same company"
        live.rollback()
        live.is_alone = True
        assert setting(live) is None


def test_a_mistake_alone_is_told_and_spoils_nothing(live: LiveConnection) -> None:
    for _ in range(8):
        live.act_for(5, is_alone=True)
        with pytest.raises(psycopg.errors.DivisionByZero):
            live.execute("SELECT 1 / %s::int", (0,))
        live.rollback()
        live.act_for(5, is_alone=True)
        with pytest.raises(psycopg.errors.UndefinedTable):
            live.execute("SELECT * FROM nowhere WHERE a = %s", (0,))
        live.rollback()
    assert setting(live) is None


def test_a_connection_lost_alone_is_told(live: LiveConnection, ada: Person) -> None:
    live.act_for(5, is_alone=True)
    ada.world.sql.execute("SELECT pg_terminate_backend(%s, 5000)", (live.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        setting(live)
    assert live.broken


def test_the_end_of_a_read_takes_its_turn_before_what_follows(live: LiveConnection) -> None:
    live.act_for(7)
    assert setting(live) == "7"
    live.rollback()
    assert live.owes_end is looping.is_on
    live.rollback()
    live.autocommit = True
    assert setting(live) is None
    live.autocommit = False
    assert not live.owes_end


def test_a_failed_transaction_is_given_up_at_once(live: LiveConnection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        live.execute("SELECT 1 / 0")
    live.rollback()
    assert not live.owes_end
    assert live.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def test_a_read_alone_sees_its_own_company_only(app: Flask, ada: Person, cleo: Person) -> None:
    with app.app_context():
        for person in (ada, cleo) * 6:
            with acting_for(person.company_id):
                assert set(read_alone(PEOPLE).scalars()) == {person.company_id}
                assert db.session.scalar(MINE) == str(person.company_id)
                assert set(read_alone(PEOPLE).scalars()) == {person.company_id}, "now as a part of that"
        assert list(read_alone(PEOPLE)) == [], "nobody sees nothing"
        assert ask_alone("SELECT current_setting('qd.company_id', true)", {}) in (None, "")


def test_a_read_alone_is_part_of_a_transaction_that_writes(app: Flask, ada: Person) -> None:
    name = sa.text("UPDATE users SET name = 'Ada Two' WHERE company_id = :c RETURNING id")
    with app.app_context(), acting_for(ada.company_id), transaction() as session:
        session.execute(name, {"c": ada.company_id})
        found = read_alone(sa.select(sa.literal_column("name")).select_from(sa.table("users")).limit(1))
        assert found.scalar_one() == "Ada Two"
