"""PostgreSQL's counters become differences by the minute, each counted once."""

from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from app.core.db import db
from app.core.tenancy import system_work
from app.queries.models import ServerCounter, ServerHour, ServerMinute, ServerStatement
from app.queries.server import collect as collecting
from app.queries.server.keep import keep
from app.queries.server.link import ours

Sql = psycopg.Connection[Any]


def ask(link: Sql, name: str, times: int = 1) -> None:
    for number in range(times):
        link.execute(f"SELECT FROM {name} WHERE word = '{number}'")


def rows_of(app: Flask, model: type[Any], name: str) -> list[Any]:
    with app.app_context(), system_work():
        keys = select(ServerStatement.key).where(ServerStatement.text.like(f"SELECT FROM {name} %"))
        return list(db.session.scalars(select(model).where(model.key.in_(keys))))


def calls_of(app: Flask, name: str) -> int:
    minutes = sum(row.calls for row in rows_of(app, ServerMinute, name))
    assert minutes == sum(row.calls for row in rows_of(app, ServerHour, name))
    return minutes


def reset_one(root: Sql, name: str) -> None:
    root.execute(
        "SELECT pg_stat_statements_reset(userid, dbid, queryid) FROM pg_stat_statements WHERE query LIKE %s",
        (f"SELECT FROM {name} %",),
    )


def test_each_call_is_counted_once(app, clerk, read, name):
    read()
    ask(clerk, name, 5)
    read()
    ask(clerk, name, 2)
    read()
    read()
    assert calls_of(app, name) == 7


def test_the_text_holds_no_value_and_the_queryid_is_text(app, clerk, read, name):
    read()
    clerk.execute(f"SELECT FROM {name} WHERE word = 'canary value' -- canary")
    read()
    [kept] = rows_of(app, ServerStatement, name)
    assert kept.text == f"SELECT FROM {name} WHERE word = $1"
    assert kept.role == "qd_app"
    assert kept.is_toplevel
    assert int(kept.queryid) == int(kept.key.split(":")[1])
    assert kept.fingerprint


def test_a_reset_of_one_entry_loses_only_what_was_not_read(app, clerk, root, read, name):
    read()
    ask(clerk, name, 4)
    read()
    reset_one(root, name)
    ask(clerk, name, 9)
    read()
    assert calls_of(app, name) == 13


def test_a_full_reset_and_an_entry_that_is_dropped_are_counted_on(app, clerk, root, read, name):
    """Eviction drops an entry as a reset of it does; here both happen to an entry that comes back later."""
    read()
    ask(clerk, name, 4)
    read()
    root.execute("SELECT pg_stat_statements_reset(0, (SELECT oid FROM pg_database WHERE datname = current_database()))")
    read()
    assert rows_of(app, ServerCounter, name) == []
    ask(clerk, name, 3)
    read()
    assert calls_of(app, name) == 7


def test_a_relay_that_ends_before_it_wrote_leaves_all_to_the_next(app, clerk, read, name, monkeypatch):
    read()
    ask(clerk, name, 3)
    with monkeypatch.context() as patch:
        patch.setattr(collecting, "keep", killed)
        with pytest.raises(KilledError):
            read()
    ask(clerk, name, 2)
    read()
    assert calls_of(app, name) == 5


def test_of_two_relays_that_read_at_the_same_time_one_writes(app, clerk, read, name, monkeypatch):
    read()
    ask(clerk, name, 3)

    def overtaken(*args: Any) -> bool:
        with monkeypatch.context() as patch:
            patch.setattr(collecting, "keep", keep)
            read()
        return keep(*args)

    with monkeypatch.context() as patch:
        patch.setattr(collecting, "keep", overtaken)
        assert read() == 0
    read()
    assert calls_of(app, name) == 3


def test_nested_calls_are_kept_apart(app, root, read, name):
    root.execute("SET pg_stat_statements.track = 'all'")
    root.execute(
        f"CREATE FUNCTION ask_{name}() RETURNS void LANGUAGE plpgsql "
        f"AS $$BEGIN PERFORM FROM {name} WHERE word = 'x'; END$$"
    )
    read()
    root.execute(f"SELECT ask_{name}()")
    ask(root, name)
    read()
    kept = rows_of(app, ServerStatement, name)
    assert {one.is_toplevel for one in kept} == {True, False}
    assert len({one.queryid for one in kept}) == 1
    assert calls_of(app, name) == 2
    root.execute(f"DROP FUNCTION ask_{name}()")


def test_the_monitors_own_questions_are_no_part_of_it(app, read, name):
    read()
    with app.app_context(), ours().connect(1000) as link:
        ask(link, name)
    read()
    assert rows_of(app, ServerStatement, name) == []


class KilledError(Exception):
    """The process ended."""


def killed(*args: object) -> bool:
    raise KilledError
