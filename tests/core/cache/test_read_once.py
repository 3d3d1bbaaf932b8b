"""What was read is not read again, and nobody reads another's."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from flask import Flask
from pydantic_core import PydanticSerializationError

from app.core.cache import OfCompany, WrongCompany, cached, namespaces
from app.core.cache.envelope import Envelope, unpack
from app.core.cache.reading import ShapeLost
from app.core.redis import request_redis
from app.core.tenancy import acting_for, platform_reads
from tests.core.cache.shelf import POINT, POINTS, Shelf, another_process, cache_of
from tests.site import wait_for
from tests.world import Person


def test_the_second_read_asks_nobody(shelf: Shelf) -> None:
    with shelf.within():
        assert [shelf.read(), shelf.read(), shelf.read()] == [0, 0, 0]
    assert shelf.asked == 1


def test_another_process_reads_what_the_first_has_kept(shelf: Shelf) -> None:
    with shelf.within():
        shelf.read()
    with another_process(shelf.person.app) as other, shelf.within(other):
        assert shelf.read() == 0
    assert shelf.asked == 1


def test_that_there_is_nothing_is_kept_for_a_short_time(shelf: Shelf) -> None:
    shelf.sku = "NOBODY-HAS-IT"
    with shelf.within():
        assert [shelf.read(), shelf.read()] == [None, None]
        key = POINT.key(shelf.person.company_id, [shelf.sku])
        left_ms = request_redis().client.pttl(key)
    assert shelf.asked == 1
    assert 0 < left_ms <= 11_000


def test_what_fails_is_not_kept(shelf: Shelf) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    with shelf.within():
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                POINT.read(shelf.person.company_id, ["failing"], fail)
        assert POINT.read(shelf.person.company_id, ["failing"], lambda: 3) == 3


def test_a_company_never_reads_what_another_has_kept(shelf: Shelf, cleo: Person) -> None:
    """The same question, the same namespace: two keys. And nobody may ask in another's name."""
    with shelf.within():
        shelf.write(7)
        assert shelf.read() == 7
    with cleo.acting():
        assert POINT.read(cleo.company_id, [shelf.sku], lambda: None) is None
        with pytest.raises(WrongCompany):
            POINT.read(shelf.person.company_id, [shelf.sku], shelf.load)
        with pytest.raises(WrongCompany):
            POINTS.read([], lambda: 1)
    with shelf.within(), platform_reads(), pytest.raises(WrongCompany):
        shelf.read()
    assert POINT.key(1, [11]) != POINT.key(11, [1])


def test_what_comes_back_is_what_went_in(ada: Person) -> None:
    shape = dict[str, tuple[int, Decimal, datetime | None] | list[date]]
    anything: OfCompany[object] = OfCompany("test.anything", "inventory", shape, meaning="much", tables=["items"])
    value = {"a": (1, Decimal("1.10"), datetime.fromisoformat("2026-01-02T03:04:05Z")), "b": [date(2026, 1, 2)]}
    with ada.acting():
        assert anything.read(ada.company_id, [], lambda: value) == value
        assert anything.read(ada.company_id, [], lambda: None) == value
    namespaces.pop("test.anything")


def test_a_shape_that_says_too_little_is_found_at_once(ada: Person) -> None:
    lossy: OfCompany[list[float]] = OfCompany("test.lossy", "inventory", list[int], meaning="x", tables=["items"])
    with ada.acting(), pytest.raises((ShapeLost, PydanticSerializationError)):
        lossy.read(ada.company_id, [], lambda: [Decimal("1.5")])  # type: ignore[list-item]
    namespaces.pop("test.lossy")


def test_every_reader_has_a_value_of_its_own(ada: Person) -> None:
    lists: OfCompany[list[int]] = OfCompany("test.lists", "inventory", list[int], meaning="x", tables=["items"])

    @cached(lists)
    def numbers() -> list[int]:
        return [1, 2]

    with ada.acting():
        numbers().append(3)
        assert numbers() == [1, 2]
        numbers().append(3)
        assert numbers() == [1, 2]
    with ada.app.app_context(), platform_reads():
        assert numbers() == [1, 2]
    namespaces.pop("test.lists")


def test_what_somebody_else_wrote_there_is_no_value(shelf: Shelf) -> None:
    """Neither another release's shape nor garbage can do harm; nothing is ever unpickled."""
    with shelf.within():
        shelf.read()
        key = POINT.key(shelf.person.company_id, [shelf.sku])
        for garbage in (b"", b"\n", b"{}\n1", b"[]\n1", b"cos\nsystem\n(S'x'\ntR."):
            request_redis().client.set(key, garbage)
            assert shelf.read() == 0


def test_a_value_is_read_again_before_it_ends_and_nobody_waits(shelf: Shelf, app: Flask) -> None:
    with shelf.within():
        shelf.read()
        key, client = POINT.key(shelf.person.company_id, [shelf.sku]), request_redis().client
        kept = unpack(client.get(key))
        assert kept is not None
        # It took weeks to read and ends in a minute: any reader is due, but one in sixty thousand.
        client.set(key, Envelope(kept.body, kept.stored_at, kept.stored_at + 60, 3_600_000.0, kept.tokens).pack())
        assert shelf.read() == 0
        wait_for(lambda: shelf.asked == 2)
        wait_for(lambda: unpack(client.get(key)).took_s < 3600)  # type: ignore[union-attr]
        assert shelf.read() == 0
    assert shelf.asked == 2


def test_the_flag_switches_it_off(shelf: Shelf, pat: Person) -> None:
    from tests.flags.gates.switch import switched

    with switched(pat, "enable-caching", on=False), shelf.within():
        assert [shelf.read(), shelf.read()] == [0, 0]
    assert shelf.asked == 2


def test_figures_are_told(shelf: Shelf, app: Flask) -> None:
    from app.core.cache.figures import minute_key

    with shelf.within():
        here, client = cache_of(app).figures, request_redis().client
        here.flush(client)
        shelf.read(), shelf.read()
        before = sum(int(client.hget(key, "test.point|hit") or 0) for key in client.keys("cf:[0-9]*"))
        here.flush(client)
        after = sum(int(client.hget(key, "test.point|hit") or 0) for key in client.keys("cf:[0-9]*"))
        assert after == before + 1
        assert minute_key(61) == "cf:1"


def test_a_job_of_a_company_may_read_too(shelf: Shelf) -> None:
    with shelf.person.app.app_context(), acting_for(shelf.person.company_id):
        assert shelf.read() == 0
