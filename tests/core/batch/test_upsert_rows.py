"""Many rows are written by one statement; who comes again changes nothing, and nobody writes for another company."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from app.core import upsert as upserts
from app.core.db import Base, db, transaction
from app.core.upsert import Upserted, upsert
from app.inventory.models import Item
from tests.world import Person

TABLE = Base.metadata.tables[Item.__tablename__]
KEY = ("company_id", "sku")


def rows(person: Person, skus: Sequence[str], name: str = "Lens") -> list[dict[str, Any]]:
    """Items as an import has them."""
    return [{"company_id": person.company_id, "sku": sku, "name": f"{name} {sku}"} for sku in skus]


def write(person: Person, given: list[dict[str, Any]], **options: Any) -> Upserted:
    """Write them."""
    with person.acting(), transaction():
        return upsert(TABLE, given, key=KEY, **options)


def names(person: Person) -> dict[str, str]:
    """What there is."""
    with person.acting():
        return {row.sku: row.name for row in db.session.execute(sa.select(Item.sku, Item.name))}


def test_new_rows_are_inserted_known_ones_changed_and_equal_ones_left(ada: Person) -> None:
    assert write(ada, rows(ada, ["A", "B", "C"])) == Upserted(inserted=3)
    assert write(ada, rows(ada, ["A", "B"]) + rows(ada, ["C", "D"], "Frame")) == Upserted(1, 1, 2)
    assert names(ada) == {"A": "Lens A", "B": "Lens B", "C": "Frame C", "D": "Frame D"}


def test_equal_rows_are_not_written_again(ada: Person) -> None:
    write(ada, rows(ada, ["A"]))
    with ada.acting():
        before = db.session.scalar(sa.text("SELECT xmin::text FROM items"))
    assert write(ada, rows(ada, ["A"])) == Upserted(same=1)
    with ada.acting():
        assert db.session.scalar(sa.text("SELECT xmin::text FROM items")) == before


def test_of_two_rows_with_one_key_the_later_counts(ada: Person) -> None:
    assert write(ada, rows(ada, ["A"]) + rows(ada, ["A"], "Frame")) == Upserted(inserted=1)
    assert names(ada) == {"A": "Frame A"}


def test_known_rows_are_left_alone_when_nothing_may_change(ada: Person) -> None:
    write(ada, rows(ada, ["A"]))
    assert write(ada, rows(ada, ["A", "B"], "Frame"), change=()) == Upserted(inserted=1, same=1)
    assert names(ada) == {"A": "Lens A", "B": "Frame B"}


def test_any_number_of_rows_is_the_same_statement(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upserts, "CHUNK", 400)
    sent: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.extend([statement] if statement.startswith("INSERT") else [])

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        assert write(ada, rows(ada, ["one"])) == Upserted(inserted=1)
        assert write(ada, rows(ada, [f"S{number}" for number in range(1000)])) == Upserted(inserted=1000)
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)
    assert len(sent) == 1 + 3
    assert len(set(sent)) == 1


def test_every_kind_of_value_arrives(ada: Person) -> None:
    at = datetime(2026, 11, 22, 18, 30, 0, 123456, tzinfo=UTC)
    table = sa.Table(
        "kinds", sa.MetaData(), sa.Column("id", sa.BigInteger, primary_key=True), sa.Column("at", sa.DateTime(True)),
        sa.Column("words", sa.ARRAY(sa.Text)), sa.Column("doc", sa.dialects.postgresql.JSONB), sa.Column("flag", sa.Boolean),
        sa.Column("amount", sa.Numeric), sa.Column("none", sa.Text),
    )  # fmt: skip
    row = {"id": 2**60, "at": at, "words": ["ä", 'q"'], "doc": {"a": [1]}, "flag": True, "amount": "12345678901234567890.12", "none": None}  # fmt: skip
    with ada.acting(), transaction() as session:
        session.execute(sa.text("CREATE TEMPORARY TABLE kinds (id bigint PRIMARY KEY, at timestamptz, words text[], doc jsonb, flag boolean, amount numeric, none text) ON COMMIT DROP"))  # fmt: skip
        assert upsert(table, [row], key=["id"]) == Upserted(inserted=1)
        found = session.execute(sa.select(table)).one()
    assert found._asdict() == {**row, "amount": found.amount}
    assert str(found.amount) == row["amount"]


def test_nobody_writes_for_another_company(ada: Person, cleo: Person) -> None:
    with pytest.raises(DBAPIError, match="row-level security"):
        write(ada, rows(cleo, ["A"]))
    assert names(cleo) == {}
