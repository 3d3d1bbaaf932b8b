"""Platform admins see on the first page what is open, what is held, and who switched what; nobody else does."""

from collections.abc import Callable

from app.core.ids import new_ulid
from tests.breakers.console import make_breaker
from tests.flags.acts import make_flag
from tests.world import Person


def test_an_open_breaker_needs_somebody(pat: Person, ada: Person) -> None:
    one = make_breaker()
    assert one.name not in pat.get("/").text
    assert pat.post(f"/api/degradation/circuits/{one.name}/open", json={"forS": 60}).status_code == 200
    try:
        assert f"Breaker {one.name} is held open" in pat.get("/").text
        assert one.name not in ada.get("/").text
    finally:
        pat.post(f"/api/degradation/circuits/{one.name}/close", json={})
    assert f"Breaker {one.name} is held open" not in pat.get("/").text


def test_a_held_rollout_needs_somebody(pat: Person, ada: Person) -> None:
    key = make_flag(pat)
    body = {"steps": [{"percentage": 10, "afterS": 3600}]}
    rollout = pat.post(f"/api/degradation/features/{key}/rollouts", json=body).json["id"]
    pat.post(f"/api/degradation/rollouts/{rollout}/hold", json={"reason": "wait for the release"})
    page = pat.get("/").text
    assert f"The rollout of {key} is held" in page
    assert "wait for the release" in page
    assert key not in ada.get("/").text
    pat.post(f"/api/degradation/rollouts/{rollout}/cancel", json={})


def test_who_switched_what_is_news(pat: Person, ada: Person, pump: Callable[[], int]) -> None:
    key = make_flag(pat, description=new_ulid())
    pat.post(f"/api/degradation/features/{key}/enable", json={})
    pump()
    assert f"Flag {key} switched on in production" in pat.get("/").text
    assert key not in ada.get("/").text
