"""What the app measured and what PostgreSQL counted are joined by one fingerprint, and the app's texts can be planned."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from app.core import clock
from app.core.db import db
from app.core.gathering import watch
from app.core.tenancy import system_work
from app.queries.models import ServerStatement, Statement
from app.queries.plans.ask import ask_plan, can_be_planned
from app.queries.plans.capture import PLANNED, describe_statements
from app.queries.plans.link import Planners, planners
from app.queries.plans.repair import repair_text
from app.queries.watch import folding
from app.queries.watch.shipping import STREAM, shipper_of
from tests.world import Person

OURS = {"qd_app", "qd_system", "qd_platform"}


@pytest.fixture
def asked(app: Flask, ada: Person, pat: Person, read: Callable[[], int]) -> Iterator[list[str]]:
    """Ask every page once; return what the app measured meanwhile."""
    watch.begin()
    shipper_of(app)._begin()
    with app.app_context():
        folding._client().delete(STREAM)
    read()
    began = clock.now()
    pages = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    for person in (ada, pat):
        for path in pages:
            if path != "/api/events":  # a stream has no end
                person.get(path)
    assert shipper_of(app).flush()
    with app.app_context():
        folding.fold()
    read()
    with app.app_context(), system_work():
        mine = select(Statement.fingerprint).where(Statement.verb.in_(PLANNED), Statement.last_seen_at >= began)
        yield list(db.session.scalars(mine))
    watch.begin()


def test_nearly_all_the_app_measured_is_counted_by_postgresql_and_has_a_plan(app: Flask, asked: list[str], capsys: Any):
    with app.app_context(), system_work():
        counted = set(db.session.scalars(select(ServerStatement.fingerprint)))
        texts = dict(db.session.execute(select(Statement.fingerprint, Statement.text)).all())
        theirs = db.session.execute(select(ServerStatement.role, ServerStatement.text).distinct()).all()
    apart = [texts[one] for one in asked if one not in counted]
    with app.app_context(), planners() as links:
        measured = [(one.role, one.text) for one in describe_statements(asked)]
        counted_texts = [(role, text) for role, text in theirs if role in OURS and can_be_planned(repair_text(text))]
        without = find_without(links, measured)
        without_theirs = find_without(links, counted_texts)
    joined, planned = 1 - len(apart) / len(asked), 1 - len(without) / len(measured)
    planned_theirs = 1 - len(without_theirs) / len(counted_texts)
    with capsys.disabled():
        print(f"\n{joined:.1%} of {len(asked)} statements the app measured are joined to PostgreSQL's counters.")
        print(
            f"{planned:.1%} of them have a generic plan, {planned_theirs:.1%} of PostgreSQL's {len(counted_texts)} texts."
        )
    assert joined >= 0.95, apart
    assert planned >= 0.95, without
    assert planned_theirs >= 0.95, without_theirs


def find_without(links: Planners, asked: list[tuple[str, str]]) -> list[tuple[str | None, str]]:
    """Return the statements that have no generic plan."""
    found = []
    for role, text in asked:
        try:
            ask_plan(links.of(role, None), text)
        except psycopg.errors.UndefinedTable:
            pass  # another test made and dropped it
        except psycopg.Error as error:
            found.append((error.sqlstate, text))
    return found
