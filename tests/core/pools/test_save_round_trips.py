"""Whose rows are meant travels with BEGIN, once; a question that is a transaction by itself travels alone.

What is told of a transaction must never be met by another one: these tests play every way one may end.
"""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.pq import TransactionStatus

from app.core import looping
from app.core.db import ask_alone, db, fresh_session, transaction
from app.core.driver import LiveConnection
from app.core.tenancy import NOBODY, acting_for, current_scope
from tests.world import Person

SETTING = "nullif(current_setting('qd.company_id', true), '')"
MINE = sa.select(sa.literal_column(SETTING))
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
        taken.close()


def setting(live: LiveConnection) -> str | None:
    row = live.execute(f"SELECT {SETTING}").fetchone()
    assert row is not None
    return row[0]


def status(live: LiveConnection) -> TransactionStatus:
    return TransactionStatus(live.pgconn.transaction_status)


def test_a_company_is_told_with_the_begin_and_forgotten_with_the_end(live: LiveConnection) -> None:
    for end in (live.rollback, live.commit):
        assert live.act_for(17)
        assert [setting(live), setting(live)] == ["17", "17"]
        assert not live.act_for(18), "a transaction is open: it has to be told by a statement"
        end()
        assert setting(live) is None
        end()


def test_what_was_told_of_a_transaction_that_never_began_is_forgotten(live: LiveConnection) -> None:
    for end in (live.rollback, live.commit):
        assert live.act_for(19)
        live.is_alone = True
        end()
        assert setting(live) is None
        assert status(live) == TransactionStatus.INTRANS, "nor is anything alone"
        end()


def test_a_company_is_told_once(live: LiveConnection) -> None:
    assert live.act_for(20)
    with pytest.raises(psycopg.errors.DivisionByZero):
        live.execute("SELECT 1 / 0")
    live.rollback()
    assert setting(live) is None, "the session tells the next one anew"


def test_nobody_is_told_of_a_company_where_no_transaction_begins(live: LiveConnection) -> None:
    live.autocommit = True
    assert not live.act_for(21)
    live.autocommit = False
    live.act_for(21)
    live.autocommit = True
    with pytest.raises(psycopg.ProgrammingError):
        setting(live)
    assert setting(live) is None
    live.autocommit = False


def test_a_savepoint_and_a_copy_are_inside_it(live: LiveConnection) -> None:
    live.act_for(22)
    with live.transaction():
        assert setting(live) == "22"
    live.rollback()
    live.act_for(23)
    with live.cursor().copy(f"COPY (SELECT {SETTING}) TO STDOUT") as copy:
        assert list(copy.rows()) == [("23",)]
    live.rollback()
    assert setting(live) is None


def test_many_rows_at_once_are_of_the_company(live: LiveConnection) -> None:
    for number in (24, 25):
        live.act_for(number)
        cursor = live.cursor()
        cursor.executemany(f"SELECT {SETTING}, %s::int", [(1,), (2,)], returning=True)
        assert cursor.fetchall() == [(str(number), 1)]
        assert cursor.nextset()
        assert cursor.fetchall() == [(str(number), 2)]
        assert setting(live) == str(number)
        live.rollback()
    assert setting(live) is None


def test_what_goes_alone_opens_nothing(live: LiveConnection) -> None:
    for _ in range(8):  # beyond the number of times after which psycopg prepares it
        live.is_alone = True
        assert setting(live) is None
        assert status(live) == TransactionStatus.IDLE
        assert live.execute("SELECT 1").fetchone() == (1,)
        assert status(live) == TransactionStatus.INTRANS, "only that one went alone"
        live.rollback()


def test_a_mistake_alone_spoils_nothing(live: LiveConnection) -> None:
    for _ in range(8):
        live.is_alone = True
        with pytest.raises(psycopg.errors.DivisionByZero):
            live.execute("SELECT 1 / %s::int", (0,))
        assert status(live) == TransactionStatus.IDLE
    assert setting(live) is None


def test_a_connection_lost_at_the_begin_is_told(live: LiveConnection, ada: Person) -> None:
    live.act_for(5)
    ada.world.sql.execute("SELECT pg_terminate_backend(%s, 5000)", (live.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        setting(live)
    assert live.broken


def test_a_connection_that_is_closed_while_somebody_waits_is_told(live: LiveConnection, ada: Person) -> None:
    live.is_alone = True
    ada.world.sql.execute("SELECT pg_terminate_backend(%s, 5000)", (live.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        setting(live)
    assert live.broken


def test_every_company_sees_its_own_rows_through_one_connection(app: Flask, ada: Person, cleo: Person) -> None:
    assert current_scope() == NOBODY
    with app.app_context():
        for person in (ada, cleo) * 6:
            with acting_for(person.company_id):
                assert set(db.session.scalars(PEOPLE)) == {person.company_id}
                db.session.rollback()
                assert db.session.scalar(MINE) == str(person.company_id), (
                    "a rollback ends it, the next begin says it again"
                )
            with fresh_session():
                assert list(db.session.scalars(PEOPLE)) == [], "nobody sees nothing"
            assert ask_alone(f"SELECT {SETTING}", {}) is None
            assert ask_alone("SELECT count(*) FROM users", {}) == 0


def test_a_transaction_that_was_only_announced_leaves_nobody_s_rows(app: Flask, ada: Person) -> None:
    with app.app_context():
        with acting_for(ada.company_id):
            db.session.connection()  # begun for SQLAlchemy, not for the server
        with fresh_session():
            assert db.session.scalar(MINE) is None


def test_a_company_inside_what_writes(app: Flask, ada: Person) -> None:
    name = sa.text("UPDATE users SET name = 'Ada Two' WHERE company_id = :c RETURNING company_id")
    with app.app_context(), acting_for(ada.company_id):
        with transaction() as session:
            assert session.scalars(name, {"c": ada.company_id}).first() == ada.company_id
            with session.begin_nested():
                assert session.scalar(MINE) == str(ada.company_id)
        assert db.session.scalar(sa.text("SELECT name FROM users LIMIT 1")) == "Ada Two"
