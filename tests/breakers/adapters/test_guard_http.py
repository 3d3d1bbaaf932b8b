"""requests and httpx behind a breaker: what counts, what does not, and what an open breaker spares."""

from collections.abc import Callable
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
import requests

from app.breakers.adapters.answers import read_retry_after
from app.breakers.adapters.httpx import AsyncGuardedTransport, GuardedTransport
from app.breakers.adapters.requests import GuardedAdapter
from app.breakers.breaker import Breaker
from app.breakers.states import CallNotPermitted, State
from app.core import clock
from tests.breakers.adapters.service import Service
from tests.loop import run_alone
from tests.site import wait_for

Get = Callable[[str], Any]


def open_requests(name: str) -> Get:
    session = requests.Session()
    session.trust_env = False
    session.mount("http://", GuardedAdapter(name, max_retries=0))
    return lambda url: session.get(url, timeout=0.3)


def open_httpx(name: str) -> Get:
    client = httpx.Client(transport=GuardedTransport(name), timeout=0.3, trust_env=False)
    return client.get


def open_async_httpx(name: str) -> Get:
    async def get(url: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=AsyncGuardedTransport(name), timeout=0.3) as client:
            return await client.get(url)

    return lambda url: run_alone(get(url))


@pytest.fixture(params=[open_requests, open_httpx, open_async_httpx], ids=["requests", "httpx", "httpx-async"])
def get_by(request: pytest.FixtureRequest) -> Callable[[str], Get]:
    """Each client in turn: get_by(breaker name) is its `get`."""
    found: Callable[[str], Get] = request.param
    return found


def test_a_service_that_answers_500_is_left_alone_and_let_back_when_it_works(
    get_by: Any, service: Service, make_breaker: Any
) -> None:
    one: Breaker = make_breaker()
    get = get_by(one.name)
    service.status = 500
    assert [get(service.url).status_code for _ in range(2)] == [500, 500]
    with pytest.raises(CallNotPermitted):
        get(service.url)
    assert service.asked == 2
    service.status = 200

    def is_back() -> bool:
        try:
            return bool(get(service.url).status_code == 200)
        except CallNotPermitted:
            return False

    wait_for(is_back)
    wait_for(lambda: one.state is State.CLOSED)


def test_mistakes_of_the_caller_count_as_successes(get_by: Any, service: Service, make_breaker: Any) -> None:
    one: Breaker = make_breaker()
    get = get_by(one.name)
    for service.status in (400, 401, 403, 404, 409, 422, 429):
        get(service.url)
    assert one.state is State.CLOSED
    assert one.figures_now()[:2] == (4, 0)


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_opens_at_once_for_as_long_as_was_asked(
    get_by: Any, service: Service, make_breaker: Any, status: int
) -> None:
    one: Breaker = make_breaker(minimum_number_of_calls=4)
    get = get_by(one.name)
    service.status, service.headers = status, {"Retry-After": "40"}
    assert get(service.url).status_code == status
    with pytest.raises(CallNotPermitted) as refused:
        get(service.url)
    assert 38 <= refused.value.retry_after_s <= 40


def test_silence_refused_connections_and_cut_bodies_are_failures(
    get_by: Any, service: Service, make_breaker: Any
) -> None:
    failed = (requests.RequestException, httpx.TransportError)
    for fault in ("hangs", "breaks_off", "gone"):
        one: Breaker = make_breaker(minimum_number_of_calls=4)
        get = get_by(one.name)
        if fault == "gone":
            service.stop()
        else:
            setattr(service, fault, True)
        with pytest.raises(failed):
            get(service.url)
        assert one.figures_now()[:2] == (1, 1), fault
        if fault != "gone":
            setattr(service, fault, False)


def test_an_address_that_cannot_be_meant_counts_for_nothing(get_by: Any, make_breaker: Any) -> None:
    one: Breaker = make_breaker()
    with pytest.raises((requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, httpx.UnsupportedProtocol)):
        get_by(one.name)("gopher://127.0.0.1/")
    assert one.figures_now() == (0, 0, 0)


def test_a_streamed_answer_counts_once(service: Service, make_breaker: Any) -> None:
    one: Breaker = make_breaker()
    with httpx.Client(transport=GuardedTransport(one.name)) as client, client.stream("GET", service.url) as answer:
        assert one.figures_now()[0] == 0
        assert answer.read() == b"fine"
    assert one.figures_now() == (1, 0, 0)
    session = requests.Session()
    session.mount("http://", GuardedAdapter(one.name))
    with session.get(service.url, stream=True) as streamed:
        assert one.figures_now() == (2, 0, 0)
        assert streamed.content == b"fine"
    assert one.figures_now() == (2, 0, 0)


def test_retry_after_is_read_as_seconds_or_as_a_date() -> None:
    in_a_minute = format_datetime(clock.now() + timedelta(seconds=60), usegmt=True)
    assert read_retry_after("12") == 12
    assert 57 < (read_retry_after(in_a_minute) or 0) <= 60
    assert [read_retry_after(text) for text in (None, "", "soon", "-5", "0", "nan", "inf")] == [None] * 7
    assert read_retry_after(format_datetime(clock.now() - timedelta(days=1), usegmt=True)) is None
