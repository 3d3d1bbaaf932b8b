"""Many who want the same thing at the same moment: one of them asks the database, in all processes together."""

import threading

from app.core.cache import locking
from app.core.cache.envelope import unpack
from app.core.redis import request_redis
from tests.core.cache.shelf import POINT, Shelf, another_process, at_once, cache_of


def test_two_hundred_at_once_ask_once(shelf: Shelf) -> None:
    """In two processes: the threads of each wait for one of them, and that one for the other process's."""
    shelf.slow = threading.Event()
    with another_process(shelf.person.app) as other:

        def read(number: int) -> int | None:
            with shelf.within(other if number % 2 else None):
                return shelf.read()

        assert at_once(200, read) == [0] * 200
    assert shelf.asked == 1


def test_who_has_written_never_waits_for_a_read_begun_before(shelf: Shelf) -> None:
    """A slow read of old rows is under way; a change is committed; whoever comes now reads the change."""
    begun, go_on = threading.Event(), threading.Event()
    seen: list[int | None] = []

    def load_slowly() -> int | None:
        found = shelf.load()
        begun.set()
        assert go_on.wait(30)
        return found

    def read_slowly() -> None:
        with shelf.within():
            seen.append(POINT.read(shelf.person.company_id, [shelf.sku], load_slowly))

    reader = threading.Thread(target=read_slowly)
    reader.start()
    assert begun.wait(30)
    with shelf.within():
        shelf.write(8)
        assert shelf.read() == 8
    go_on.set()
    reader.join()
    assert seen == [0]
    with shelf.within():
        assert shelf.read() == 8, "what the slow one stored is bad"


def test_a_reader_that_died_holds_nobody_up_for_long(shelf: Shelf) -> None:
    """Its lock stands; the others wait twice what such a read takes, then ask themselves."""
    cache_of(shelf.person.app).usual_s[POINT.name] = 0.05
    with shelf.within():
        shelf.read()
        key = POINT.key(shelf.person.company_id, [shelf.sku])
        kept = unpack(request_redis().client.get(key))
        assert kept is not None
        request_redis().client.delete(key)
        with locking.turn("|".join((key, *kept.tokens)), 0) as dead:
            assert next(dead) is True
            assert shelf.read() == 0
    assert shelf.asked == 2


def test_only_who_holds_a_lock_gives_it_back(shelf: Shelf) -> None:
    with shelf.within():
        client = request_redis().client
        with locking.turn("something", 0) as first:
            assert next(first) is True
            with locking.turn("something", 0) as second:
                assert next(second, None) is None
            assert client.keys("cl:*")
            with locking.turn("something", 0) as third:
                assert next(third, None) is None
        with locking.turn("something", 0) as fourth:
            assert next(fourth) is True


def test_what_fails_for_one_fails_for_who_waited_for_it(shelf: Shelf) -> None:
    asked: list[int] = []

    def fail() -> int:
        asked.append(1)
        threading.Event().wait(0.2)
        raise ZeroDivisionError

    def read(number: int) -> int | None:
        with shelf.within():
            return POINT.read(shelf.person.company_id, ["failing"], fail)

    found = at_once(20, read)
    assert all(isinstance(one, ZeroDivisionError) for one in found)
    assert len(asked) == 1
