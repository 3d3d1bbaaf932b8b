"""A change makes bad what was read before it: however it was made, whoever made it, once it is committed."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from app.core.cache import replace, tags, touch
from app.core.cache.writes import tables_in
from app.core.db import db, transaction
from app.core.installation import installation
from app.core.redis import request_redis
from app.core.tenancy import system_work
from app.inventory.models import Item
from tests.core.cache.shelf import POINT, POINTS, Shelf, another_process, write_elsewhere
from tests.world import Person


def by_row(shelf: Shelf) -> None:
    row = db.session.scalars(sa.select(Item).where(Item.sku == shelf.sku)).one()
    row.reorder_point = 9


def by_statement(shelf: Shelf) -> None:
    db.session.execute(sa.update(Item).where(Item.sku == shelf.sku).values(reorder_point=9))


def by_core(shelf: Shelf) -> None:
    table = Item.__table__
    db.session.execute(sa.update(table).where(table.c.sku == shelf.sku).values(reorder_point=9))


def by_text(shelf: Shelf) -> None:
    db.session.execute(sa.text("UPDATE items SET reorder_point = 9 WHERE sku = :sku"), {"sku": shelf.sku})


def by_text_within(shelf: Shelf) -> None:
    text = "WITH changed AS (UPDATE items SET reorder_point = 9 WHERE sku = :sku RETURNING id) SELECT id FROM changed"
    db.session.execute(sa.text(text), {"sku": shelf.sku})


def by_savepoint(shelf: Shelf) -> None:
    with db.session.begin_nested():
        by_statement(shelf)
    with pytest.raises(ZeroDivisionError), db.session.begin_nested():
        by_text(shelf)
        raise ZeroDivisionError


WAYS = [by_row, by_statement, by_core, by_text, by_text_within, by_savepoint]


@pytest.mark.parametrize("change", WAYS, ids=lambda way: way.__name__)
def test_a_change_is_read_by_every_process(shelf: Shelf, change: Callable[[Shelf], None]) -> None:
    with another_process(shelf.person.app) as other:
        for app in (None, other):
            with shelf.within(app):
                assert shelf.read() == 0
        with shelf.within(), transaction():
            change(shelf)
        for app in (other, None):
            with shelf.within(app):
                assert shelf.read() == 9
    assert shelf.asked == 2


def test_what_is_rolled_back_changes_nothing(shelf: Shelf) -> None:
    with shelf.within():
        shelf.read()
        with pytest.raises(ZeroDivisionError), transaction():
            by_statement(shelf)
            raise ZeroDivisionError
        assert shelf.read() == 0
    assert shelf.asked == 1


def test_within_a_transaction_one_reads_ones_own_rows_and_keeps_none_of_them(shelf: Shelf) -> None:
    with shelf.within():
        shelf.read()
        with pytest.raises(ZeroDivisionError), transaction():
            by_statement(shelf)
            assert shelf.read() == 9
            raise ZeroDivisionError
        assert shelf.read() == 0


def test_a_snapshot_keeps_nothing(shelf: Shelf) -> None:
    """It is older than the tags are: what it reads is kept as new, and is not."""
    with shelf.within():
        db.session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        shelf.load()
        write_elsewhere(shelf, 9)
        assert shelf.read() == 0
        db.session.rollback()
        assert shelf.read() == 9


def test_what_a_session_holds_already_is_not_taken_for_new(shelf: Shelf) -> None:
    def load_row() -> int | None:
        return db.session.scalars(sa.select(Item).where(Item.sku == shelf.sku)).one().reorder_point

    with shelf.within():
        held = db.session.scalars(sa.select(Item).where(Item.sku == shelf.sku)).one()
        write_elsewhere(shelf, 9)
        assert POINT.read(shelf.person.company_id, ["row", shelf.sku], load_row) == 9
        assert held.reorder_point == 9


def test_another_companys_change_leaves_mine_alone(shelf: Shelf, cleo: Person) -> None:
    with shelf.within():
        shelf.read()
    theirs = Shelf(cleo)
    with theirs.within():
        theirs.write(4)
    with shelf.within():
        shelf.read()
    assert shelf.asked == 1


def test_work_for_all_companies_makes_every_companys_bad(shelf: Shelf, cleo: Person) -> None:
    theirs = Shelf(cleo)
    for one in (shelf, theirs):
        with one.within():
            one.read()
    with shelf.person.app.app_context(), system_work():
        touch("items")
    for one in (shelf, theirs):
        with one.within():
            one.read()
        assert one.asked == 2


def test_what_is_read_across_companies_goes_with_any_of_them(shelf: Shelf) -> None:
    asked: list[int] = []

    def load() -> int:
        asked.append(1)
        return len(asked)

    with shelf.person.app.app_context(), installation():
        first = POINTS.read(["any"], load)
        assert POINTS.read(["any"], load) == first
    with shelf.within():
        shelf.write(3)
    with shelf.person.app.app_context(), installation():
        assert POINTS.read(["any"], load) == first + 1


def test_an_emptied_valkey_makes_no_old_value_good(shelf: Shelf) -> None:
    """Tags never come again, so a value that outlived its tags is no value."""
    with shelf.within():
        shelf.read()
        client = request_redis().client
        for name in (tags.tag(shelf.person.company_id, "items"), tags.EVERYTHING):
            client.delete(name)
            asked = shelf.asked
            shelf.read(), shelf.read()
            assert shelf.asked == asked + 1


def test_people_make_bad_what_they_name(shelf: Shelf) -> None:
    company_id = shelf.person.company_id
    for name in (
        tags.EVERYTHING,
        tags.of_company(company_id),
        tags.of_namespace("test.point"),
        tags.tag(tags.ALL, "items"),
    ):
        with shelf.within():
            shelf.read()
            asked = shelf.asked
            assert replace([name])
            shelf.read(), shelf.read()
        assert shelf.asked == asked + 1


def test_texts_name_the_tables_they_change() -> None:
    assert tables_in("INSERT INTO a (x) SELECT 1 FROM b ON CONFLICT DO NOTHING") == {"a"}
    assert tables_in('with x as (delete from only "c" returning 1) update d set x = 1') == {"c", "d"}
    assert "items" not in tables_in("SELECT last_update FROM items")
