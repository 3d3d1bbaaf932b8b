"""A statement that one request or job sends again and again is noticed, with its line and what mends it."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import lazyload, selectinload, undefer

from app.core.asking import REPEATED, asked_by
from app.core.code_lines import TEMPLATES
from app.core.context import acting_as
from app.core.db import db
from app.core.installation import installation
from app.inventory.models import Item
from app.orders.models import Order
from app.queries.reads.statements import list_repeats
from tests.world import Person

Rows = Callable[..., list[dict[str, Any]]]
TIMES = REPEATED + 2


class Lazy:
    """What asks the database when a template touches it."""

    @property
    def endpoint(self) -> str:
        return str(db.session.scalar(sa.text("SELECT slug FROM companies WHERE name <> 'touched in a loop'")))


def repeat_of(rows: Rows, asked: str) -> dict[str, Any]:
    [found] = rows("SELECT * FROM query_repeats WHERE endpoint = :e", e=asked)
    return found


def test_deferred_columns_read_one_by_one_are_noticed(
    ada: Person, orders: list[int], shipped: Callable[[], None], rows: Rows
) -> None:
    with ada.acting(), asked_by("tests.deferred"):
        for item in db.session.scalars(sa.select(Item)).all():
            assert item.search_text
    shipped()
    found = repeat_of(rows, "tests.deferred")
    assert (found["kind"], found["most"], found["times"]) == ("deferred", TIMES, 1)
    assert found["advice"] == "undefer(Item.search_text)"


def test_rows_got_one_by_one_are_noticed(
    ada: Person, orders: list[int], shipped: Callable[[], None], rows: Rows
) -> None:
    with ada.acting(), asked_by("tests.get"):
        for item in orders:
            assert db.session.get(Item, (ada.company_id, item))
    shipped()
    assert (repeat_of(rows, "tests.get")["kind"], repeat_of(rows, "tests.get")["most"]) == ("get", TIMES)


def test_related_rows_loaded_one_by_one_are_noticed(
    ada: Person, orders: list[int], shipped: Callable[[], None], rows: Rows
) -> None:
    with ada.acting(), asked_by("tests.lazy"):
        for order in db.session.scalars(sa.select(Order).options(lazyload(Order.lines), lazyload(Order.shipments))):
            assert len(order.lines) == 1
    shipped()
    found = repeat_of(rows, "tests.lazy")
    assert (found["kind"], found["advice"], found["most"]) == ("lazy", "selectinload(Order.lines)", TIMES)


def test_what_a_template_touches_in_a_loop_is_noticed_with_the_templates_line(
    app: Flask, ada: Person, shipped: Callable[[], None], rows: Rows
) -> None:
    loop = "<p>\n{% for one in origins %}\n{{ one.endpoint }}\n{% endfor %}"
    code = app.jinja_env.compile(loop, "loop.html", f"{TEMPLATES}loop.html")
    template = app.jinja_env.template_class.from_code(app.jinja_env, code, {})
    with ada.acting(), asked_by("tests.template"):
        template.render(origins=[Lazy() for _ in range(TIMES)])
    shipped()
    found = repeat_of(rows, "tests.template")
    assert found["kind"] == "repeated"
    assert found["line"] == "templates/loop.html:3"
    assert found["most"] >= TIMES


def test_loading_well_is_not_noticed(ada: Person, orders: list[int], shipped: Callable[[], None], rows: Rows) -> None:
    with ada.acting(), asked_by("tests.well"):
        for order in db.session.scalars(sa.select(Order).options(selectinload(Order.lines))):
            assert order.lines
        items = db.session.scalars(sa.select(Item).options(undefer(Item.search_text))).all()
        assert all(item.search_text for item in items)
        for item_id in orders:  # already here
            assert db.session.get(Item, (ada.company_id, item_id))
    shipped()
    assert rows("SELECT * FROM query_repeats WHERE endpoint = 'tests.well'") == []


def test_a_few_times_are_not_noticed_and_threads_have_no_end(
    app: Flask, shipped: Callable[[], None], rows: Rows
) -> None:
    with app.app_context(), db.engines["system"].connect() as connection:
        with asked_by("tests.few"):
            for _ in range(REPEATED - 1):
                connection.exec_driver_sql("SELECT count(*) FROM query_repeats")
        for _ in range(TIMES):
            connection.exec_driver_sql("SELECT max(times) FROM query_repeats")
    shipped()
    assert rows("SELECT * FROM query_repeats WHERE endpoint IN ('tests.few', 'command')") == []


def test_the_worst_request_of_many_is_kept(app: Flask, shipped: Callable[[], None], rows: Rows) -> None:
    for request, times in (("first-request", TIMES), ("worst-request", 3 * TIMES), ("last-request", TIMES)):
        with (
            app.app_context(),
            db.engines["system"].connect() as connection,
            acting_as(None, request),
            asked_by("tests.worst"),
        ):
            for _ in range(times):
                connection.exec_driver_sql("SELECT min(times) FROM query_repeats WHERE times > 1")
        shipped()
    found = repeat_of(rows, "tests.worst")
    assert (found["times"], found["most"], found["request_id"]) == (3, 3 * TIMES, "worst-request")
    with app.app_context(), installation():
        [listed] = [one for one in list_repeats(200) if one.endpoint == "tests.worst"]
    assert listed.text == "SELECT min(times) FROM query_repeats WHERE times > $1"
    assert listed.advice
