"""The relay makes values bad before it tells anybody of a fact: whoever hears of it and looks, sees it."""

import threading

from app.core import tail
from app.core.cache import invalidation, tags
from app.core.cache.store import replace_tags
from app.core.events_log import Logged
from app.core.feeder import Feeder
from app.core.ids import CompanyId
from app.core.redis import request_redis
from tests.core.cache.shelf import Shelf


def fact(company_id: int, topic: str = "inventory") -> Logged:
    """A fact of a topic."""
    event = {"seq": 1, "id": "x", "type": "item.changed", "time": "2026-01-01T00:00:00.000Z", "data": {}}
    return Logged(CompanyId(company_id), topic, 1, "item.changed", "x", None, None, None, event)


def test_a_fact_makes_bad_what_follows_its_topic(shelf: Shelf) -> None:
    """As when the writer was killed after its commit and before its word to the cache."""
    company_id = int(shelf.person.company_id)
    with shelf.within():
        client = request_redis().client
        shelf.read()
        invalidation.before_telling(client, [fact(company_id, "orders"), fact(company_id + 1)], has_hole=False)
        shelf.read()
        assert shelf.asked == 1, "another topic's and another company's say nothing of it"
        invalidation.before_telling(client, [fact(company_id)], has_hole=False)
        shelf.read()
        assert shelf.asked == 2
        invalidation.before_telling(client, [], has_hole=True)
        shelf.read()
        assert shelf.asked == 3


def test_the_feeder_does_so_before_it_tells(shelf: Shelf) -> None:
    with shelf.within():
        client = request_redis().client
        shelf.read()
        feeder, before = Feeder(client, "test"), tail.newest_id(client)
        feeder.again = False
        client.set(tail.MARKER, "1")
        feeder.feed([fact(int(shelf.person.company_id))])
        assert tail.newest_id(client) != before
        shelf.read()
    assert shelf.asked == 2


def test_another_valkey_than_before_makes_everything_bad(shelf: Shelf) -> None:
    with shelf.within():
        client = request_redis().client
        invalidation.watch_restarts()
        shelf.read()
        invalidation.watch_restarts()
        shelf.read()
        assert shelf.asked == 1
        client.set(invalidation.RUN, "the one before")
        invalidation.watch_restarts()
        shelf.read()
        assert shelf.asked == 2
        assert client.get(tags.EVERYTHING)


def test_replacing_tags_while_many_do_is_harmless(shelf: Shelf) -> None:
    with shelf.within():
        client = request_redis().client
        threads = [threading.Thread(target=replace_tags, args=(client, [tags.EVERYTHING])) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        shelf.read(), shelf.read()
    assert shelf.asked == 1
