"""A fact is written with its change or not at all."""

import pytest

from app.core.db import db, transaction
from app.core.outbox import Fact, record
from app.core.tenancy import Scope, ScopeChangedInTransaction, enter
from tests.world import Person


class LanternLit(Fact, type="test.lantern-lit", topic="tests", row="number"):
    """A lantern was lit."""

    number: int
    lit_by: str


def facts_of(person: Person) -> list[dict[str, object]]:
    return person.world.sql.execute(
        "SELECT type, row_id, row_version, data, actor FROM outbox WHERE company_id = %s ORDER BY id",
        (person.company_id,),
    ).fetchall()


def test_a_fact_leaves_with_its_transaction(ada: Person) -> None:
    with ada.acting(), transaction():
        record(LanternLit(number=7, lit_by="ada"), version=3)
    (row,) = facts_of(ada)
    assert (row["type"], row["row_id"], row["row_version"]) == ("test.lantern-lit", "7", 3)
    assert row["data"] == {"number": 7, "litBy": "ada"}
    assert row["actor"]["name"] == ada.name


def test_a_rolled_back_change_says_nothing(ada: Person) -> None:
    with ada.acting(), pytest.raises(ZeroDivisionError), transaction():
        record(LanternLit(number=7, lit_by="ada"))
        raise ZeroDivisionError
    assert facts_of(ada) == []


def test_an_inner_transaction_joins_the_outer_one(ada: Person) -> None:
    with ada.acting(), pytest.raises(ZeroDivisionError), transaction():
        with transaction():
            record(LanternLit(number=1, lit_by="ada"))
        raise ZeroDivisionError
    assert facts_of(ada) == []


def test_a_fact_outside_a_transaction_is_a_bug(ada: Person) -> None:
    with ada.acting(), pytest.raises(RuntimeError, match="outside"):
        record(LanternLit(number=1, lit_by="ada"))


def test_a_company_can_not_write_another_companys_fact(ada: Person, cleo: Person) -> None:
    import sqlalchemy as sa

    with ada.acting(), pytest.raises(sa.exc.ProgrammingError, match="row-level security"), transaction() as session:
        session.execute(
            sa.text(
                "INSERT INTO outbox (company_id, topic, type, event_id, data, actor, request_id, occurred_at) "
                "VALUES (:company, 't', 'x', 'e', '{}', '{}', 'r', now())"
            ),
            {"company": cleo.company_id},
        )


def test_a_change_of_company_never_meets_an_open_transaction(ada: Person, cleo: Person) -> None:
    with ada.acting():
        db.session.scalar(db.select(1))
        enter(Scope("app", cleo.company_id))
        with pytest.raises(ScopeChangedInTransaction):
            db.session.scalar(db.select(2))
        enter(Scope("app", ada.company_id))
