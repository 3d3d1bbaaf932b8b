"""A transaction's facts go out in one message with its COMMIT: both happen, or neither, and nothing of it is left over."""

import threading
from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.pq import PipelineStatus, TransactionStatus

from app.core import looping
from app.core.db import db, transaction
from app.core.driver import LastWords, LiveConnection
from app.core.outbox import INSERT, record
from tests.realtime.lanterns import LanternLit
from tests.site import wait_for
from tests.world import Connection, Person

NOTE = LastWords(b"qd_test_note", b"INSERT INTO said (number, word) VALUES ($1, $2)")
DIVIDE = LastWords(b"qd_test_divide", b"INSERT INTO said (number) VALUES (1 / $1::int)")


@pytest.fixture(params=["threads", "loop"], autouse=True)
def waiting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a job waits, and as gunicorn's workers do."""
    monkeypatch.setattr(looping, "is_on", request.param == "loop")


@pytest.fixture
def live(app: Flask) -> Iterator[LiveConnection]:
    """A connection of the app's pool, with a table of its own and a rule that is looked at by COMMIT."""
    with app.app_context():
        taken = db.engine.raw_connection()
        live = taken.driver_connection
        assert isinstance(live, LiveConnection)
        live.execute("CREATE TEMPORARY TABLE said (number bigint UNIQUE DEFERRABLE INITIALLY DEFERRED, word text)")
        live.commit()
        yield live
        taken.invalidate()
        taken.close()


def said(live: LiveConnection) -> list[tuple[object, ...]]:
    rows = live.execute("SELECT number, word FROM said ORDER BY number").fetchall()
    live.rollback()
    return rows


def is_clean(live: LiveConnection) -> bool:
    return live.pgconn.pipeline_status == PipelineStatus.OFF and (
        live.pgconn.transaction_status == TransactionStatus.IDLE
    )


def test_the_rows_are_there_with_what_was_written_before(live: LiveConnection) -> None:
    for start in (0, 10):  # the second time the statement is known already
        live.execute("INSERT INTO said VALUES (%s, 'before')", (start,))
        live.say_last(NOTE, [(start + 1, "one"), (start + 2, None)])
        assert [row[0] for row in live.execute("SELECT number FROM said WHERE number >= %s", (start,))] == [start]
        live.commit()
        assert is_clean(live)
    assert said(live) == [(0, "before"), (1, "one"), (2, None), (10, "before"), (11, "one"), (12, None)]


def test_a_transaction_that_says_nothing_else_begins_for_it(live: LiveConnection) -> None:
    live.act_for(31)
    live.say_last(
        LastWords(b"qd_test_company", b"INSERT INTO said VALUES (current_setting('qd.company_id')::int, $1)"), [("x",)]
    )
    live.commit()
    assert said(live) == [(31, "x")]


@pytest.mark.parametrize(
    "forgetting",
    ["SAVEPOINT s; ROLLBACK TO SAVEPOINT s", "DROP TABLE IF EXISTS none_such", "ROLLBACK", "DISCARD PLANS"],
)
def test_what_psycopg_has_the_server_forget_is_said_anew(live: LiveConnection, forgetting: str) -> None:
    for number in range(8):  # beyond the number of times after which psycopg prepares by itself
        live.execute("SELECT %s::int", (number,))
    live.say_last(NOTE, [(1, "before")])
    live.commit()
    for command in forgetting.split("; "):
        live.execute(command.encode())
    live.execute("SELECT %s::int", (1,))
    live.say_last(NOTE, [(2, "after")])
    live.commit()
    assert said(live) == [(1, "before"), (2, "after")]


def test_a_rollback_forgets_what_was_to_be_said(live: LiveConnection) -> None:
    live.execute("INSERT INTO said VALUES (1)")
    live.say_last(NOTE, [(2, "never")])
    live.rollback()
    live.execute("INSERT INTO said VALUES (3)")
    live.commit()
    assert said(live) == [(3, None)]


def test_a_mistake_in_the_last_words_undoes_all(live: LiveConnection) -> None:
    for _ in range(2):
        live.execute("INSERT INTO said VALUES (1)")
        live.say_last(DIVIDE, [(1,), (0,), (2,)])
        with pytest.raises(psycopg.errors.DivisionByZero):
            live.commit()
        assert live.pgconn.transaction_status == TransactionStatus.INERROR
        live.rollback()
        assert is_clean(live)
        assert said(live) == []


def test_a_rule_that_commit_looks_at_undoes_all(live: LiveConnection) -> None:
    live.execute("INSERT INTO said VALUES (1)")
    live.say_last(NOTE, [(1, "twice")])
    with pytest.raises(psycopg.errors.UniqueViolation):
        live.commit()
    live.rollback()
    assert is_clean(live)
    assert said(live) == []


def test_a_transaction_that_has_failed_is_not_taken_for_committed(live: LiveConnection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        live.execute("SELECT 1 / 0")
    live.say_last(NOTE, [(1, "lost")])
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        live.commit()
    live.rollback()
    assert said(live) == []


def test_what_can_not_be_said_is_refused_before_anything_is_sent(live: LiveConnection) -> None:
    live.execute("INSERT INTO said VALUES (1)")
    with pytest.raises(psycopg.DataError):
        live.say_last(NOTE, [(2, "NUL \0 inside")])
    live.commit()
    assert said(live) == [(1, None)]


def test_more_than_the_cables_hold_arrives(live: LiveConnection) -> None:
    live.say_last(NOTE, [(number, "word " * 200) for number in range(20_000)])
    live.commit()
    assert is_clean(live)
    assert live.execute("SELECT count(*), min(length(word)) FROM said").fetchone() == (20_000, 1000)


def test_a_mistake_among_very_many_leaves_the_connection_usable(live: LiveConnection) -> None:
    live.say_last(DIVIDE, [(number % 5_000,) for number in range(1, 20_000)])
    with pytest.raises(psycopg.errors.DivisionByZero):
        live.commit()
    live.rollback()
    assert is_clean(live)
    assert said(live) == []


def test_last_words_need_a_transaction(live: LiveConnection) -> None:
    live.autocommit = True
    live.say_last(NOTE, [(1, "x")])
    with pytest.raises(psycopg.ProgrammingError, match="belong to a transaction"):
        live.commit()
    live.autocommit = False
    assert said(live) == []


def test_a_connection_lost_with_the_commit_is_told(live: LiveConnection, ada: Person) -> None:
    live.execute("INSERT INTO said VALUES (1)")
    live.say_last(NOTE, [(2, "lost")])
    ada.world.sql.execute("SELECT pg_terminate_backend(%s, 5000)", (live.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        live.commit()
    assert live.broken


def test_who_stops_waiting_in_the_middle_leaves_no_answer_to_others(live: LiveConnection, ada: Person) -> None:
    slow = LastWords(b"qd_test_slow", b"INSERT INTO said SELECT 1 FROM pg_sleep($1)")
    pid = live.info.backend_pid
    live.execute("INSERT INTO said VALUES (1)")
    live.say_last(slow, [(30,)])
    waiting = live._commit_gen()
    assert next(waiting), "something is waited for"
    with pytest.raises(KeyboardInterrupt):
        waiting.throw(KeyboardInterrupt)
    assert live.broken
    ada.world.sql.execute("SELECT pg_terminate_backend(%s)", (pid,))


def test_no_value_stands_where_one_reads_what_runs(live: LiveConnection, ada: Person) -> None:
    slow = LastWords(b"qd_test_seen", b"INSERT INTO said SELECT $2::int, $1 FROM pg_sleep(30)")
    pid, came = live.info.backend_pid, []

    def commit() -> None:
        try:
            live.commit()
        except psycopg.Error as error:
            came.append(error)

    live.say_last(slow, [("a secret", 1)])
    thread = threading.Thread(target=commit)
    thread.start()
    wait_for(lambda: "pg_sleep" in running(ada.world.sql, pid))
    text = running(ada.world.sql, pid)
    ada.world.sql.execute("SELECT pg_cancel_backend(%s)", (pid,))
    thread.join()
    assert "a secret" not in text
    assert isinstance(came[0], psycopg.errors.QueryCanceled)


def running(sql: Connection, pid: int) -> str:
    row = sql.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
    assert row is not None
    return str(row["query"])


def test_a_fact_travels_with_the_commit(ada: Person) -> None:
    """Between the change and the end there is no message of its own: the statement is prepared once, then named."""
    with ada.acting():
        for step in (1, 2):
            with transaction() as session:
                session.execute(sa.text("UPDATE users SET name = name WHERE company_id = :c"), {"c": ada.company_id})
                record(LanternLit(number=7, step=step), version=step)
                live = session.connection().connection.driver_connection
                assert isinstance(live, LiveConnection)
                assert live.to_say is None
            assert live.to_say is None
            assert INSERT.name in live._learned
        found = db.session.execute(sa.text("SELECT 1")).scalar()
        assert found == 1
    rows = ada.world.sql.execute("SELECT row_version FROM outbox WHERE company_id = %s UNION ALL SELECT row_version FROM event_log WHERE company_id = %s", (ada.company_id,) * 2).fetchall()  # fmt: skip
    assert {row["row_version"] for row in rows} >= {1, 2}
