"""A forked child hears of the fleet and is heard: gunicorn with preload, Celery's prefork."""

import pytest

from tests.breakers.fleet.crew import Crew

pytestmark = pytest.mark.slow
TEN = {"minimum_number_of_calls": 10}


def test_a_childs_failures_count_and_it_hears_what_follows(pair: Crew, name: str) -> None:
    pair.all("make", name=name, **TEN)
    pair.all("call", name=name, works=1)  # threads run, sockets are open
    pair[1].ask("call", name=name, fails=3)
    child = pair[0].ask("fork", name=name, fails=8)
    assert (child["failed"], child["state"], child["scope"]) == (8, "OPEN", "fleet")
    pair.wait_for_state(name, "OPEN")
    assert len(pair.changes(name)) + len([one for one in child["changes"] if one["scope"] == "fleet"]) == 1


def test_a_child_does_not_tell_again_what_its_parent_counted(pair: Crew, name: str) -> None:
    pair.all("make", name=name, sliding_window_size=50, minimum_number_of_calls=14)
    pair[0].ask("call", name=name, fails=5)
    child = pair[0].ask("fork", name=name, fails=3)
    assert child["state"] == "CLOSED"
    pair[1].ask("call", name=name, fails=5)
    assert pair.states(name) == ["CLOSED", "CLOSED"], "13 failures of 14"
    pair[1].ask("call", name=name, fails=1)
    pair.wait_for_state(name, "OPEN")
