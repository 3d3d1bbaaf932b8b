"""How often the cache helps, as page and as JSON."""

from app.core.redis import request_redis
from tests.core.cache.shelf import Shelf, cache_of
from tests.world import Person


def read_some(shelf: Shelf, times: int = 4) -> None:
    """Read something several times, and tell."""
    with shelf.within():
        for _ in range(times):
            shelf.read()
        cache_of(shelf.person.app).figures.flush(request_redis().client)


def test_the_page_and_the_json_say_the_same(pat: Person, ada: Person) -> None:
    read_some(Shelf(ada))
    told = pat.get("/api/cache")
    assert told.status_code == 200, told.text
    assert told.json["state"] == "on"
    [one] = [one for one in told.json["namespaces"] if one["name"] == "test.point"]
    assert one["hits"] >= 3
    assert one["reads"] == one["hits"] + one["early"] + one["waits"] + one["near"] + one["misses"] + one["away"]
    assert 0 < one["hitRatio"] <= 1
    assert one["tables"] == ["items"]
    assert one["missMs"] > 0
    shown = pat.get("/cache")
    assert shown.status_code == 200
    for words in ("test.point", "a reorder point", "did not ask the database", "Values that saved most"):
        assert words in shown.text
    again = pat.fragment("/cache")
    assert again.status_code == 200
    assert "<html" not in again.text
    assert 'id="cache"' in again.text


def test_keys_say_whose_they_are_and_not_what_was_asked_for(pat: Person, ada: Person) -> None:
    shelf = Shelf(ada)
    read_some(shelf, times=30)
    told = pat.get("/api/cache").json
    assert any(one["namespace"] == "test.point" for one in told["dearest"])
    assert all(one["company"] or one["namespace"] for one in told["dearest"])
    assert shelf.sku not in pat.get("/api/cache").text
    assert shelf.sku not in pat.get("/cache").text


def test_nobody_else_sees_it(ada: Person, sam: Person, vera: Person) -> None:
    for person in (ada, sam, vera):
        for path in ("/cache", "/api/cache", "/cache/purge"):
            assert person.get(path).status_code in (403, 404), path
        assert person.post("/api/cache/purge", json={"kind": "everything", "reason": "x"}).status_code in (403, 404)


def test_the_page_says_that_it_is_switched_off(pat: Person) -> None:
    from tests.flags.gates.switch import switched

    with switched(pat, "enable-caching", on=False):
        assert "is off" in pat.get("/cache").text
        assert pat.get("/api/cache").json["state"] == "off"
