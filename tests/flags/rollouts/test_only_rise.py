"""A plan only rises, from now on, and while it lives the share is its own."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app.core import clock
from app.core.installation import installation
from app.flags import service
from app.flags.reads import find_flag
from app.flags.rollouts.keeper import look_at
from tests.flags.acts import make_flag
from tests.world import Person

BASE = "/api/degradation"


@pytest.fixture
def key(app: Flask, pat: Person) -> str:
    made = make_flag(pat, scope="user")
    with app.app_context(), installation():
        service.set_percentage(made, 50_000)
        service.enable(made)
    return made


def plan(pat: Person, key: str, *steps: dict[str, Any]) -> Any:
    return pat.post(f"{BASE}/features/{key}/rollouts", json={"steps": steps})


def test_a_step_that_lowers_the_share_is_named(pat: Person, key: str) -> None:
    first = plan(pat, key, {"percentage": 10})
    assert first.status_code == 422
    assert "Step 1" in first.json["title"]
    assert "which is 50% now, to 10%" in first.json["detail"]
    falling = plan(pat, key, {"percentage": 80}, {"enabled": True}, {"percentage": 60.5, "afterS": 5})
    assert falling.status_code == 422
    assert "Step 3" in falling.json["title"]
    assert "which is 80% from step 1 on, to 60.5%" in falling.json["detail"]
    assert plan(pat, key, {"enabled": False}, {"enabled": True, "afterS": 60}).status_code == 201


def test_a_time_that_has_gone_is_named(pat: Person, key: str) -> None:
    now = clock.now().replace(tzinfo=None, microsecond=0)
    gone = plan(pat, key, {"percentage": 60, "at": (now - timedelta(minutes=2)).isoformat()})
    assert gone.status_code == 422
    assert "Step 1" in gone.json["title"]
    assert "has gone" in gone.json["detail"]
    assert plan(pat, key, {"percentage": 60, "at": (now - timedelta(seconds=20)).isoformat()}).status_code == 201


def test_the_share_is_the_plans_own_until_it_is_cancelled(app: Flask, pat: Person, key: str) -> None:
    made = plan(pat, key, {"percentage": 60}, {"percentage": 100, "afterS": 3600}).json["id"]

    def by_hand() -> Any:
        return pat.post(f"{BASE}/features/{key}/rollout", json={"percentage": 75})

    refused = by_hand()
    assert (refused.status_code, refused.json["rollout"], refused.json["state"]) == (409, made, "planned")
    assert "Cancel it first" in refused.json["detail"]
    assert pat.put(f"{BASE}/features/{key}/settings", json={"percentage": 75}).status_code == 409
    assert pat.post(f"/flags/{key}/percentage", data={"percentage": "75", "confirmed": "1"}).status_code == 409
    with app.app_context(), installation():
        look_at(made)
        assert find_flag(key, "production").percent == 60  # its own steps go through
        assert service.set_percentage(key, 75_000, environment="staging").percent == 75
    pat.post(f"{BASE}/rollouts/{made}/hold", json={})
    assert by_hand().json["state"] == "held"
    for act in ("disable", "enable"):
        assert pat.post(f"{BASE}/features/{key}/{act}", json={}).status_code == 200
    pat.post(f"{BASE}/rollouts/{made}/cancel", json={})
    assert by_hand().json["percentage"] == 75


def test_an_act_that_does_not_fit_the_state_says_when_it_would(pat: Person, key: str) -> None:
    made = plan(pat, key, {"percentage": 60}).json["id"]
    pat.post(f"{BASE}/rollouts/{made}/cancel", json={})
    refused = pat.post(f"{BASE}/rollouts/{made}/cancel", json={}).json
    assert "This rollout is cancelled" in refused["title"]
    assert refused["detail"] == "That can only be done while it is planned or running or held."
