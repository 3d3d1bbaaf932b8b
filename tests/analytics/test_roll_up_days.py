"""Daily figures: equal to what SQL says of the orders, the same after a second run, and shown where the flag is on."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.core import clock
from app.overview.daily import reads, service
from tests.flags.gates.switch import allowed
from tests.forecasts.conftest import make_item, make_order

LONDON = ZoneInfo("Europe/London")


@pytest.fixture
def analysing(pat, ada) -> Iterator[None]:
    with allowed(pat, "advanced-analytics", ada.company_slug):
        yield


@pytest.fixture
def months_of_orders(world, ada) -> None:
    """Seventy days with some orders each, a few cancelled, one in euros, one just before midnight in London."""
    items = [make_item(world, ada, sku) for sku in ("CUP", "LAMP", "BOX")]
    now = clock.now()
    for day in range(1, 71):
        for number in range(day % 4):
            at = now - timedelta(days=day, hours=number)
            make_order(world, ada, at, {items[number % 3]: day % 5 + 1, items[0]: 2})
        if day % 9 == 0:
            make_order(world, ada, now - timedelta(days=day), {items[1]: 50}, state="cancelled")
    number = make_order(world, ada, now - timedelta(days=3), {items[2]: 4})
    world.sql.execute(
        "UPDATE orders SET currency = 'EUR' WHERE company_id = %s AND number = %s", (ada.company_id, number)
    )


def by_sql(world, person, first: date, last: date) -> dict[tuple[date, str], tuple[int, int, int]]:
    rows = world.sql.execute(
        "SELECT (placed_at AT TIME ZONE 'Europe/London')::date AS day, currency, count(*) AS orders, sum(unit_count) AS units, "
        "sum(total_minor) AS revenue FROM orders WHERE company_id = %s AND state <> 'cancelled' GROUP BY 1, 2",
        (person.company_id,),
    ).fetchall()
    return {
        (row["day"], row["currency"]): (row["orders"], row["units"], row["revenue"])
        for row in rows
        if first <= row["day"] <= last
    }


def rolled(world, person) -> dict[tuple[date, str], tuple[int, int, int]]:
    rows = world.sql.execute("SELECT * FROM daily_sales WHERE company_id = %s", (person.company_id,)).fetchall()
    return {(row["day"], row["currency"]): (row["orders"], row["units"], row["revenue_minor"]) for row in rows}


def test_figures_equal_sql(ada, world, months_of_orders):
    with ada.acting():
        assert service.roll_up() == 71
    found = rolled(world, ada)
    days = [day for day, _ in found]
    assert {key: value for key, value in found.items() if value[0]} == by_sql(world, ada, min(days), max(days))
    assert {key[1] for key in found} == {"GBP", "EUR"}
    top = world.sql.execute(
        "SELECT day, item_id, units, orders FROM daily_items WHERE company_id = %s", (ada.company_id,)
    ).fetchall()
    lines = world.sql.execute(
        "SELECT (o.placed_at AT TIME ZONE 'Europe/London')::date AS day, l.item_id, sum(l.quantity) AS units, count(DISTINCT o.number) AS orders "
        "FROM orders o JOIN order_lines l ON l.company_id = o.company_id AND l.order_number = o.number "
        "WHERE o.company_id = %s AND o.state <> 'cancelled' GROUP BY 1, 2",
        (ada.company_id,),
    ).fetchall()
    assert sorted(map(tuple, (row.values() for row in top))) == sorted(map(tuple, (row.values() for row in lines)))


def test_a_second_run_changes_nothing_and_a_late_change_shows(ada, world, months_of_orders):
    with ada.acting():
        service.roll_up()
        first = rolled(world, ada)
        service.roll_up()
        assert rolled(world, ada) == first
        world.sql.execute(
            "UPDATE orders SET state = 'cancelled' WHERE company_id = %s AND placed_at > now() - interval '20 days'",
            (ada.company_id,),
        )
        assert service.roll_up() == 62
    found = rolled(world, ada)
    days = [day for day, _ in found]
    assert {key: value for key, value in found.items() if value[0]} == by_sql(world, ada, min(days), max(days))


def test_a_day_is_the_companys_own(ada, world):
    item = make_item(world, ada, "CUP")
    # Half past eleven at night in UTC is the next day in London's summer.
    make_order(world, ada, datetime(2026, 7, 1, 23, 30, tzinfo=UTC), {item: 1})
    with ada.acting():
        service.roll_up()
    assert [key[0] for key, value in rolled(world, ada).items() if value[0]] == [date(2026, 7, 2)]


def test_the_overview_shows_thirty_days_where_the_flag_is_on(ada, cleo, world, months_of_orders, analysing):
    assert "No day was added up yet" in ada.get("/").text
    with ada.acting():
        service.roll_up()
        month = reads.last_month()
    today = clock.now().astimezone(LONDON).date()
    expected = by_sql(world, ada, today - timedelta(days=30), today - timedelta(days=1))
    assert month.revenue.total == sum(value[2] for key, value in expected.items() if key[1] == "GBP")
    assert month.orders.total == sum(value[0] for value in expected.values())
    assert month.others == {"EUR": 4000}
    before = by_sql(world, ada, today - timedelta(days=37), today - timedelta(days=8))
    assert sum(one or 0 for one in month.orders.before) == sum(value[0] for value in before.values())
    shown = ada.get("/").text
    assert "Last 30 days" in shown
    assert f"{month.orders.total:,}</b> orders" in shown
    assert "Last 30 days" not in cleo.get("/").text
