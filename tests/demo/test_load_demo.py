"""The demonstration: two companies that live, the same each time, with books that agree."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from app.core.db import transaction
from app.core.installation import installation
from app.core.tenancy import acting_for
from app.demo import catalogue
from app.demo.load import PER_DAY, load_company, open_bulk
from app.demo.papers import draw_frame, keep_papers
from app.demo.story import Teller
from app.demo.write import write_story
from app.flags import reads, service
from tests.stage import build_stage

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
BOOKS = """
    SELECT i.sku FROM items i
    LEFT JOIN (SELECT item_id, sum(delta) AS moved FROM stock_movements GROUP BY 1) m ON m.item_id = i.id
    LEFT JOIN (SELECT item_id, sum(reserved) AS held FROM order_lines GROUP BY 1) l ON l.item_id = i.id
    WHERE coalesce(m.moved, 0) <> i.on_hand OR coalesce(l.held, 0) <> i.reserved"""
TOTALS = """
    SELECT o.number FROM orders o JOIN (SELECT order_number, sum(amount_minor) AS total, sum(quantity) AS units FROM order_lines GROUP BY 1) l
    ON l.order_number = o.number WHERE l.total <> o.total_minor OR l.units <> o.unit_count"""


def tell(seed="harbour", now=NOW):
    return Teller(catalogue.harbour(), seed=seed, now=now, per_day=30, is_trade=False).tell()


def test_the_same_day_tells_the_same_story():
    one, two = tell(), tell()
    assert [(tale.number, tale.customer, tale.state, tale.at) for tale in one.tales] == [
        (tale.number, tale.customer, tale.state, tale.at) for tale in two.tales
    ]


def test_ninety_days_hold_every_state_and_nothing_of_tomorrow():
    story = tell()
    states = Counter(tale.state for tale in story.tales)
    assert set(states) == {"placed", "paid", "packed", "shipped", "delivered", "cancelled", "returned"}
    assert 2000 < len(story.tales) < 4000
    assert max(tale.changed_at for tale in story.tales) < NOW
    assert NOW - story.tales[0].at > timedelta(days=88)


def test_something_is_late_low_and_out():
    story = tell()
    late = [tale for tale in story.tales if tale.state in {"paid", "packed"} and NOW - tale.at > timedelta(days=1)]
    goods = [stock for stock in story.stocks if not stock.ware.is_asset]
    assert late
    assert any(stock.free <= 0 for stock in goods)
    assert any(0 < stock.free <= stock.reorder_point for stock in goods)


def test_sundays_are_quiet():
    days = Counter(tale.at.weekday() for tale in tell().tales)
    assert days[6] < 0.7 * days[4]


@pytest.mark.parametrize("wares", [catalogue.harbour, catalogue.northwind])
def test_a_catalogue_names_each_thing_once(wares):
    skus = [ware.sku for ware in wares()]
    assert len(skus) == len(set(skus))
    assert 100 <= len(skus) <= 140


def test_the_audit_shows_what_happened_newest_first(ada, pump):
    with ada.acting():
        write_story(tell(), workers=("Jonas Reed",), now=NOW)
    pump()
    times = [one["at"] for one in ada.get("/api/audit?topic=orders&limit=200").json["items"]]
    assert len(set(times)) > 100
    assert times == sorted(times, reverse=True)
    day = times[-1][:10]
    found = ada.get(f"/api/audit?topic=orders&limit=200&from={day}&to={day}").json["items"]
    assert {one["at"][:10] for one in found} == {day}


def test_written_down_the_books_agree(ada):
    with ada.acting():
        write_story(tell(), workers=("Jonas Reed",), now=NOW)
        with transaction() as session:
            import sqlalchemy as sa

            assert session.execute(sa.text(BOOKS)).all() == []
            assert session.execute(sa.text(TOTALS)).all() == []
            assert session.scalar(sa.text("SELECT count(*) = max(number) FROM orders"))
    assert ada.get("/orders").status_code == 200
    assert ada.get("/inventory").status_code == 200


def test_loading_again_changes_nothing(ada, app):
    with app.app_context(), acting_for(ada.company_id):
        write_story(tell(), workers=("Jonas Reed",), now=NOW)
    with app.app_context():
        again = load_company("harbour", ada.company_id)
    assert not again.is_new
    assert again.orders == len(tell().tales)
    assert set(PER_DAY) == {"harbour", "northwind"}


def test_an_order_of_the_demonstration_can_be_worked_on(ada):
    with ada.acting():
        story = tell()
        write_story(story, workers=("Jonas Reed",), now=NOW)
    packed = next(tale for tale in story.tales if tale.state == "packed" and not tale.parcels)
    shipped = ada.post(f"/api/orders/{packed.number}/shipment", json={"carrier": "DPD", "trackingNumber": "T1"})
    assert shipped.status_code in {200, 201}, shipped.text
    assert shipped.json["state"] == "shipped"


@pytest.fixture
def untouched(services, worker_number, tmp_path):
    """An installation of its own, where nobody has changed a flag yet."""
    yield from build_stage(services, worker_number, tmp_path)


def test_the_demonstration_may_act_on_many_rows_until_somebody_says_no(untouched):
    with untouched.app.app_context(), installation():
        open_bulk()
        opened = reads.find_flag("bulk-operations")
        assert (opened.is_enabled, opened.allowed) == (True, 2)
        service.disable("bulk-operations", reason="No")
        open_bulk()
        assert not reads.find_flag("bulk-operations").is_enabled


def test_its_files_can_be_looked_at_and_fetched(ada):
    with ada.acting():
        count = keep_papers("harbour", catalogue.harbour(), NOW.date())
    found = ada.get("/api/files?limit=200").json["items"]
    assert len(found) == count == 13
    assert {one["state"] for one in found} == {"ready"}
    assert {one["contentType"] for one in found} == {"image/png", "text/csv", "application/pdf"}
    picture = next(one for one in found if one["fileName"] == "halden-black.png")
    assert ada.get(f"/api/files/{picture['id']}/content").data.startswith(b"\x89PNG")
    assert draw_frame("HAL", "BLK") == draw_frame("HAL", "BLK")
