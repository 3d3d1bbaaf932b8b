"""The pages of forecasts, feeds, documents and daily figures, with the flags on: day and night, wide and narrow."""

from contextlib import ExitStack
from datetime import timedelta

import pytest

from app.core import clock
from app.documents import service as documents
from app.feeds import service as feeds
from app.feeds.schemas import NewFeed
from app.forecasts import service as forecasts
from app.overview.daily import service as daily
from tests.documents.sheets import ROWS, as_bytes, draw_sheet
from tests.feeds.conftest import partner
from tests.feeds.partner import order
from tests.flags.gates.switch import allowed
from tests.forecasts.conftest import NEWEST, make_item, make_order
from tests.site import wait_for
from tests.whole import visit

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLAGS = ("ai-recommendations", "vision-analysis", "advanced-analytics")
__all__ = ["partner"]  # a fixture


@pytest.fixture
def switched_on(pat, ada):
    with ExitStack() as stack:
        for key in FLAGS:
            stack.enter_context(allowed(pat, key, ada.company_slug))
        yield


@pytest.fixture
def furnished(world, ada, app, partner, monkeypatch):
    """A lamp with a year of sales and a companion, a feed that ran, a document that was read, two months of days."""
    lamp, cup = make_item(world, ada, "LAMP-07"), make_item(world, ada, "71053")
    for week in range(1, 41):
        make_order(world, ada, NEWEST - timedelta(weeks=week), {lamp: 8 + week % 5, cup: 1})
    for day in range(1, 45):
        make_order(world, ada, clock.now() - timedelta(days=day), {cup: 1 + day % 6})
    for sku, name, _, _ in ROWS:
        ada.post("/api/inventory", json={"sku": sku, "name": name, "onHand": 50, "unitPrice": "4.00"})
    partner.pages([order("N-1", ("LAMP-07", 1), ("NOPE", 3))])
    trusted = app.config["SETTINGS"].model_copy(update={"feed_hosts": f"127.0.0.1:{partner.port}"})
    monkeypatch.setitem(app.config, "SETTINGS", trusted)
    sent = ada.post("/api/documents?name=order.png", data=as_bytes(draw_sheet()), content_type="image/png").json["id"]
    with ada.acting():
        daily.roll_up()
        forecasts.make_forecasts()
        forecasts.make_companions()
        forecasts.propose_points()
        feed = feeds.add_feed(NewFeed(name="Northern Gifts", url=partner.url, token="t"))
        feeds.run_feed(feed.id)
        documents.read_document(sent)
    return [
        "/", "/inventory/LAMP-07", "/inventory", "/inventory/reorder-points", "/feeds", f"/feeds/{feed.id}", "/documents",
        f"/documents/{sent}",
    ]  # fmt: skip


def test_the_pages_are_whole(switched_on, furnished, ada, site, open_page):
    page = open_page(ada, "/", reduced_motion="reduce")
    wait_for(lambda: page.goto("/documents").status == 200, limit_s=30)  # the flag has reached it
    assert visit(page, furnished) == []
