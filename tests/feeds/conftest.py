"""A partner, and a feed of ada's company that asks them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from app.feeds import service
from app.feeds.models import Feed, FeedRun
from app.feeds.schemas import NewFeed
from tests.feeds.partner import Partner, serving
from tests.world import Person


@pytest.fixture
def partner() -> Iterator[Partner]:
    """A partner's server."""
    with serving() as running:
        yield running


@pytest.fixture
def trusting(app: Flask, partner: Partner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation's settings name the partner's host: it is a private address."""
    settings = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"feed_hosts": f"127.0.0.1:{partner.port}"}))


@pytest.fixture
def feed(trusting: None, partner: Partner, ada: Person) -> Feed:
    """A feed with a token; ada sells two things, and owns a van."""
    for sku, kind in (("CUP", "product"), ("LAMP", "product"), ("VAN", "asset")):
        item = {"sku": sku, "name": f"Item {sku}", "onHand": 100, "unitPrice": "9.00", "kind": kind}
        assert ada.post("/api/inventory", json=item).status_code == 201
    with ada.acting():
        return service.add_feed(NewFeed(name="Northern Gifts", url=partner.url, token="their-token"))


@pytest.fixture
def run(ada: Person, feed: Feed) -> Callable[..., FeedRun]:
    """Run the feed here and now, as a worker would."""

    def now(**options: Any) -> FeedRun:
        with ada.acting():
            found = service.run_feed(feed.id, **options)
            assert found is not None
            return found

    return now


@pytest.fixture
def placed(ada: Person) -> Callable[[], dict[str, int]]:
    """Return the partner's names of the orders there are, with their units."""

    def look() -> dict[str, int]:
        items = ada.get("/api/orders?limit=100").json["items"]
        refs = [one["externalRef"] for one in items]
        assert len(refs) == len(set(refs)), refs
        return {one["externalRef"]: one["unitCount"] for one in items}

    return look
