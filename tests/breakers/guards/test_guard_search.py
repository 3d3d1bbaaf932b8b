"""Search that fails rests, and says so; nothing else does."""

from collections.abc import Iterator

import psycopg
import pytest

from app.breakers import registry
from app.breakers.breaker import Breaker
from app.breakers.states import State
from tests.world import Person


@pytest.fixture
def resting() -> Iterator[Breaker]:
    one = registry.breaker("search")
    one.move_alone(State.OPEN)
    yield one
    one.move_alone(State.CLOSED)


def test_the_page_says_that_search_rests_and_the_lists_go_on(ada: Person, resting: Breaker) -> None:
    answer = ada.get("/search?q=lamp")
    assert answer.status_code == 503
    assert "Search is resting." in answer.text
    assert 1 <= int(answer.headers["Retry-After"]) <= 5
    assert 'value="lamp"' in answer.text
    assert [ada.get(path).status_code for path in ("/search", "/orders?q=lamp", "/inventory?q=lamp")] == [200] * 3


def test_finding_nothing_is_no_failure(ada: Person) -> None:
    one = registry.breaker("search")
    before = one.figures_now()[1]
    for text in ("there is none", "4711", "\x01", "a" * 64):
        assert ada.get("/search", query_string={"q": text}).status_code == 200
    assert (one.state, one.figures_now()[1]) == (State.CLOSED, before)


@pytest.mark.slow
def test_a_search_that_the_database_cuts_off_is_told_and_counted(ada: Person, superuser_url: str) -> None:
    one = registry.breaker("search")
    before = one.figures_now()[1]
    with psycopg.connect(superuser_url) as other:
        other.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        answer = ada.get("/search?q=lamp", headers={"Accept": "application/json"})  # waits as long as lock_timeout
    assert (answer.status_code, answer.json["code"]) == (503, "search-too-slow")
    assert one.figures_now()[1] == before + 1
