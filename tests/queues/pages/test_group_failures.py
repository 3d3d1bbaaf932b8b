"""Failure groups: what failed alike, in a company or over all, muted until another release has it."""

from datetime import timedelta

import pytest

from app.core import clock
from app.core.ids import new_ulid
from tests.queues.figures.conftest import Ledger, fold_minutes

__all__ = ["fold_minutes"]


@pytest.fixture
def fail(world, fold_minutes):
    """Write failures of one signature in one release, and fold them."""
    ledger = Ledger(world)

    def run(person, signature, count=1, release="r1", error="KeyError: 7", minutes_ago=2):
        at = clock.now() - timedelta(minutes=minutes_ago)
        made = [
            ledger.end(
                person, "failed", ended_at=at, signature=signature, error=error, release=release, name="chore.fail"
            )
            for _ in range(count)
        ]
        minute = at.replace(second=0, microsecond=0)
        fold_minutes(minute, minute + timedelta(minutes=1))
        return made

    return run


def found(person, signature, query="window=1h"):
    items = person.get(f"/api/jobs/failures?{query}").json["items"]
    return next((one for one in items if one["signature"] == signature), None)


def test_failures_alike_stand_as_one_with_their_figures(ada, fail):
    signature = new_ulid()
    made = fail(ada, signature, 3)
    group = found(ada, signature)
    assert (group["count"], group["name"], group["error"], group["firstRelease"]) == (
        3,
        "chore.fail",
        "KeyError: 7",
        "r1",
    )
    assert sum(group["spark"]) == 3
    page = ada.get("/jobs/failures?window=1h").text
    assert "KeyError: 7" in page
    assert f"/jobs?signature={signature}" in page
    rows = ada.get(f"/jobs?signature={signature}").text
    assert all(f'id="job-{one}"' in rows for one in made)


def test_a_group_keeps_the_message_of_its_first_failure(ada, fail):
    signature = new_ulid()
    fail(ada, signature, error="cannot reach one.example", minutes_ago=3)
    fail(ada, signature, error="cannot reach two.example", minutes_ago=2)
    group = found(ada, signature)
    assert (group["error"], group["count"]) == ("cannot reach one.example", 2)


def test_when_and_in_which_release_are_two_words(ada, fail):
    fail(ada, new_ulid(), release="r1")
    page = ada.get("/jobs/failures?window=1h").text
    assert "</time> <small>in r1</small>" in page
    assert '</a> <small class="mono">chore.fail</small>' in page


def test_a_muted_group_comes_back_with_another_release(ada, fail):
    signature = new_ulid()
    fail(ada, signature, minutes_ago=3)
    answer = ada.post(f"/jobs/failures/{signature}/mute")
    assert answer.status_code == 303
    assert found(ada, signature) is None
    assert found(ada, signature, "window=1h&muted=true") is not None
    assert "KeyError" in ada.get("/jobs/failures?window=1h&muted=1").text
    fail(ada, signature, minutes_ago=2)
    assert found(ada, signature) is None
    fail(ada, signature, release="r2", minutes_ago=1)
    assert found(ada, signature)["total"] == 3


def test_a_mute_is_undone(ada, fail):
    signature = new_ulid()
    fail(ada, signature)
    assert ada.put(f"/api/jobs/failures/{signature}/mute").status_code == 204
    assert found(ada, signature) is None
    assert ada.delete(f"/api/jobs/failures/{signature}/mute").status_code == 204
    assert found(ada, signature) is not None
    ada.post(f"/jobs/failures/{signature}/mute")
    assert ada.post(f"/jobs/failures/{signature}/unmute").status_code == 303
    assert found(ada, signature) is not None


def test_a_platform_admin_sees_how_many_companies_it_met(pat, ada, cleo, fail):
    signature = new_ulid()
    fail(ada, signature, 2)
    fail(cleo, signature)
    group = found(pat, signature)
    assert (group["count"], group["companies"]) == (3, 2)
    assert "Companies" in pat.get("/jobs/failures?window=1h").text
    assert pat.post(f"/jobs/failures/{signature}/mute").status_code == 303
    assert found(pat, signature) is None
    assert found(ada, signature) is not None


def test_a_viewer_may_look_and_not_mute_and_others_find_nothing(ada, vera, cleo, fail):
    signature = new_ulid()
    fail(ada, signature)
    assert found(vera, signature) is not None
    assert found(cleo, signature) is None
    for person, status in ((vera, 403), (cleo, 404)):
        assert person.post(f"/jobs/failures/{signature}/mute").status_code == status
        assert person.post(f"/jobs/failures/{signature}/unmute").status_code == status
        assert person.put(f"/api/jobs/failures/{signature}/mute").status_code == status
        assert person.delete(f"/api/jobs/failures/{signature}/mute").status_code == status


def test_nothing_failed_is_good_news(ada):
    assert "No job was given up" in ada.get("/jobs/failures").text
