"""The pages of breakers whose processes decide alone, and of all of them while Valkey is away."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from app.breakers.history import write_transition
from app.breakers.reads import Stretch, list_transitions, ribbons
from app.breakers.reads.board import find_breaker
from app.breakers.states import Reason, Scope, State, Transition
from app.breakers.views.index import ribbon_of
from app.breakers.views.story import story_of
from app.core import clock
from app.core.ids import new_ulid
from app.core.installation import installation
from app.core.redis import EXTENSION, RequestRedis, connect
from tests.breakers.console import fail, make_breaker, succeed
from tests.world import Person


@pytest.fixture
def no_valkey(pat: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = {"redis_url": SecretStr("redis://127.0.0.1:1/0")}
    away = connect(pat.app.config["SETTINGS"].model_copy(update=nowhere), timeout_s=0.1)
    monkeypatch.setitem(pat.app.extensions, EXTENSION, RequestRedis(away))


def test_without_valkey_an_open_one_says_why_it_opened_and_since_when(pat: Person, no_valkey: None) -> None:
    one = make_breaker(is_fleet_wide=False)
    succeed(one)
    fail(one)
    html = pat.get(f"/breakers/{one.name}").text
    assert "1 of 2 calls failed, so calls are refused." in html
    assert "by hand" not in html
    shown = pat.get(f"/api/degradation/circuits/{one.name}").json
    assert (shown["reason"], shown["bufferedCalls"], shown["failedCalls"]) == ("failure-rate", 2, 1)
    assert shown["since"] < shown["openUntil"]
    assert pat.get("/breakers").status_code == 200


def test_the_ribbon_of_one_that_just_opened_is_red_only_from_then_on(pat: Person, no_valkey: None) -> None:
    one = make_breaker(is_fleet_wide=False)
    fail(one, 2)
    with pat.app.test_request_context(), installation():
        now = clock.now()
        seen = find_breaker(one.name)
        good, bad = ribbon_of(seen, [], now - timedelta(hours=3), now)
    assert (good.tone, good.x) == ("good", 0)
    assert (bad.tone, bad.width) == ("bad", 0.4)
    assert bad.x > 99


def test_what_single_processes_did_is_in_the_ribbon_of_one_decided_alone(pat: Person) -> None:
    one = make_breaker(is_fleet_wide=False)
    with pat.app.app_context(), installation():
        now = clock.now()
        write_transition(new_ulid(), told(one.name, State.CLOSED, State.OPEN, now.timestamp() - 1800))
        rested = ribbons(now - timedelta(hours=1), now, {one.name: False})[one.name]
        ended = ribbons(now - timedelta(hours=1), now, {one.name: True})[one.name]
        assert one.name not in ribbons(now - timedelta(hours=1), now)
    assert rested == [Stretch("good", 0, 50), Stretch("bad", 50, 50)]
    assert [part.tone for part in ended] == ["good", "bad", "good"]
    assert ended[1].width < 1


def told(name: str, before: State, after: State, at: float, reason: Reason = Reason.FAILURE_RATE) -> Transition:
    return Transition(name, before, after, 0, at, reason, 5, 3, 0, "web:here:1", Scope.LOCAL)


def test_tries_in_vain_of_one_process_are_one_line(pat: Person) -> None:
    one = make_breaker(is_fleet_wide=False)
    with pat.app.app_context(), installation():
        at = clock.now().timestamp() - 600
        changes = [(State.CLOSED, State.OPEN, Reason.FAILURE_RATE)]
        changes += 14 * [
            (State.OPEN, State.HALF_OPEN, Reason.WAIT_OVER),
            (State.HALF_OPEN, State.OPEN, Reason.PROBES_FAILED),
        ]
        changes += [
            (State.OPEN, State.HALF_OPEN, Reason.WAIT_OVER),
            (State.HALF_OPEN, State.CLOSED, Reason.PROBES_PASSED),
        ]
        for second, (before, after, reason) in enumerate(changes):
            write_transition(new_ulid(), told(one.name, before, after, at + second, reason))
        whole = story_of(list(list_transitions(one.name, limit=40).items))
        newest = story_of(list(list_transitions(one.name, limit=7).items))
    assert [entry.text for entry in whole] == [
        "Closed: 2 of 5 tries were good",
        "Opened: 3 of 5 calls failed, and 14 tries more in vain",
    ]
    assert [entry.text for entry in newest] == [
        "Closed: 2 of 5 tries were good",
        "Opened again: 3 of 5 tries failed, and 2 tries more in vain",
    ]


def test_the_page_of_one_decided_alone_says_so(pat: Person) -> None:
    html = pat.get("/breakers/redis").text
    assert "each by its own window; each decides alone" in html
    assert "1 try, each process for itself" in html
    assert "together" not in html.split("Limits</h2>")[1].split("</section>")[0]
    assert "they decide together" in pat.get("/breakers/email").text
    basis = pat.get("/breakers").text.split('id="basis"')[1].split("</p>")[0]
    assert "but one in each process for" in basis
    assert "redis" in basis
