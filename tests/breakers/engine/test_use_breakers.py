"""A breaker in code: called, stood in, above a function, with a fallback, in front of a view; and the bulkhead."""

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, jsonify

from app.breakers import registry
from app.breakers.breaker import Breaker
from app.breakers.config import BreakerConfig
from app.breakers.link import Alone
from app.breakers.states import BulkheadFull, CallNotPermitted, State
from app.breakers.use import breaker, execute, guarded_view
from app.core.errors import NotFound
from app.core.ids import new_ulid
from tests.breakers.engine.stand import Broken, Stand
from tests.loop import run_alone

TWO = {"sliding_window_size": 2, "minimum_number_of_calls": 2}


def fail() -> None:
    raise Broken


@pytest.fixture
def name() -> str:
    return f"test-{new_ulid()}"


def test_one_name_is_one_breaker(name: str) -> None:
    assert breaker(name) is breaker(name)
    assert breaker(name, failure_rate_threshold=20).config.failure_rate_threshold == 20
    assert breaker(name).config.failure_rate_threshold == 20


def test_settings_given_twice_are_warned_of_once_when_they_differ(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[dict[str, object]] = []
    monkeypatch.setattr(registry.log, "warning", lambda _event, **fields: said.append(fields))
    breaker(name)
    breaker(name, **TWO)
    breaker(name, **TWO)
    assert said == []
    for _ in range(2):
        assert breaker(name, failure_rate_threshold=60, sliding_window_size=2).config.failure_rate_threshold == 60
    assert said == [{"breaker": name, "different": ["minimum_number_of_calls", "failure_rate_threshold"]}]


def test_the_example_of_the_guide_runs_as_it_is_written(name: str) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "breakers.md").read_text()
    code = guide.split("```python\n")[1].split("```")[0].replace('"payments"', repr(name))
    scope: dict[str, Any] = {"__name__": __name__}
    exec(compile(code, "docs/breakers.md", "exec"), scope)  # noqa: S102 (our own guide)
    assert scope["charge"]("1041") == "charged 1041"
    assert breaker(name).figures_now()[:2] == (4, 0)
    app = Flask(__name__)
    app.register_blueprint(scope["bp"])
    assert [rule.rule for rule in app.url_map.iter_rules() if "show_prices" in rule.endpoint] == ["/prices"]


def test_the_console_may_speak_before_the_code_does(name: str) -> None:
    registry.apply_settings(name, {"failureRateThreshold": 10}, "FORCED_OPEN")
    one = breaker(name, **TWO)
    assert (one.state, one.config.failure_rate_threshold, one.config.sliding_window_size) == (State.FORCED_OPEN, 10, 2)


def test_with_counts_what_happens_inside(name: str) -> None:
    with breaker(name, **TWO):
        pass
    with pytest.raises(Broken), breaker(name):
        fail()
    with pytest.raises(CallNotPermitted), breaker(name):
        pytest.fail("the body must not run while it is open")


def test_with_inside_with_keeps_its_calls_apart(name: str) -> None:
    one = breaker(name, sliding_window_size=10)
    with one:
        with pytest.raises(Broken), one:
            fail()
        assert one.figures_now()[:2] == (1, 1)
    assert one.figures_now()[:2] == (2, 1)


def test_a_decorated_function_stays_what_it_was(name: str) -> None:
    @breaker(name, **TWO)
    def charge(amount: int, *, currency: str) -> str:
        """Take the money."""
        return f"{amount} {currency}"

    assert charge(3, currency="EUR") == "3 EUR"
    assert (charge.__name__, charge.__doc__) == ("charge", "Take the money.")


def test_coroutines_are_guarded_until_they_end(name: str) -> None:
    one = breaker(name, **TWO)

    @one
    async def ask(*, fails) -> str:
        await asyncio.sleep(0)
        if fails:
            raise Broken
        return "answer"

    async def stand_in() -> None:
        async with one:
            await asyncio.sleep(0)

    async def run() -> None:
        assert await ask(fails=False) == "answer"
        await asyncio.gather(*(stand_in() for _ in range(5)))
        with pytest.raises(Broken):
            await ask(fails=True)
        with pytest.raises(CallNotPermitted):
            await ask(fails=False)

    run_alone(run())
    assert one.state is State.OPEN


def test_a_cancelled_task_counts_as_nothing(name: str) -> None:
    one = breaker(name, **TWO)

    async def run() -> None:
        task = asyncio.create_task(one.call_async(asyncio.sleep, 60))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_alone(run())
    assert one.figures_now() == (0, 0, 0)


def test_the_fallback_answers_for_failures_and_refusals(name: str) -> None:
    breaker(name, **TWO)
    answers = [execute(name, fail, lambda error: type(error).__name__) for _ in range(3)]
    assert answers == ["Broken", "Broken", "CallNotPermitted"]
    with pytest.raises(CallNotPermitted):
        execute(name, fail)


def test_the_fallback_does_not_answer_for_being_stopped(name: str) -> None:
    with pytest.raises(SystemExit):
        execute(name, lambda: (_ for _ in ()).throw(SystemExit), lambda _: None)


def test_no_lock_is_held_during_the_call(name: str) -> None:
    one, meeting = breaker(name), threading.Barrier(8)
    threads = [threading.Thread(target=one.call, args=(meeting.wait, 10)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert not meeting.broken, "all eight were inside at once"
    assert one.figures_now()[0] == 8


def test_no_call_is_lost_between_threads(name: str) -> None:
    one = Breaker(name, BreakerConfig(sliding_window_size=10_000), Alone())  # nobody else fetches its minutes
    looks = threading.Event()

    def look() -> None:
        while not looks.is_set():
            one.take_batch()

    looker = threading.Thread(target=look)
    looker.start()
    threads = [threading.Thread(target=lambda: [one.call(int) for _ in range(2000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    looks.set()
    looker.join()
    assert sum(minute.calls for minute in one.drain_minutes()) == 8000
    assert one.figures_now() == (8000, 0, 0)


def test_a_full_bulkhead_refuses_and_counts_nothing(name: str) -> None:
    one = Breaker(name, BreakerConfig(max_concurrent_calls=1), Alone())
    with one, pytest.raises(BulkheadFull) as refused:
        one.call(int)
    assert refused.value.status == 503
    assert one.call(int) == 0
    assert (one.figures_now()[0], one.bulkhead.inside) == (2, 0)
    assert sum(minute.rejected for minute in one.drain_minutes()) == 1


def test_an_open_breaker_keeps_no_place_in_its_bulkhead() -> None:
    stand = Stand(**TWO, max_concurrent_calls=1)
    assert stand.calls("ffss") == "ff--"
    assert stand.breaker.bulkhead.inside == 0


@pytest.fixture
def views(name: str) -> Flask:
    app = Flask(__name__)
    breaker(name, **TWO)

    @app.get("/fails")
    @guarded_view(name)
    def fails():
        fail()

    @app.get("/answers-500")
    @guarded_view(name, fallback=lambda error: (jsonify(kept=True), 200))
    def answers():
        return "down", 502

    @app.get("/missing")
    @guarded_view(name)
    def missing():
        raise NotFound

    @app.errorhandler(CallNotPermitted)
    def refuse(error):
        return error.code, error.status, {"Retry-After": str(error.retry_after_s)}

    return app


def test_a_guarded_view_answers_503_while_it_is_open(views: Flask) -> None:
    client = views.test_client()
    assert [client.get("/fails").status_code for _ in range(2)] == [500, 500]
    answer = client.get("/fails")
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "circuit-open", "60")


def test_a_guarded_view_may_answer_from_its_fallback(views: Flask, name: str) -> None:
    client = views.test_client()
    assert [client.get("/answers-500").status_code for _ in range(2)] == [502, 502]
    assert breaker(name).state is State.OPEN
    assert client.get("/answers-500").json == {"kept": True}


def test_the_mistake_of_who_asks_is_no_failure_of_the_view(views: Flask, name: str) -> None:
    client = views.test_client()
    for _ in range(3):
        client.get("/missing")
    assert (breaker(name).state, breaker(name).figures_now()[:2]) == (State.CLOSED, (2, 0))


def test_the_minute_knows_calls_failures_slow_ones_and_refusals() -> None:
    stand = Stand(**TWO)
    stand.calls("sFff")
    minutes = stand.breaker.drain_minutes()
    counted = [(one.calls, one.failures, one.slow, one.rejected) for one in minutes]
    assert [sum(column) for column in zip(*counted, strict=True)] == [2, 1, 1, 2]
    assert abs(minutes[0].at - time.time()) < 120
    assert stand.breaker.drain_minutes() == []
