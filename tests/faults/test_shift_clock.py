"""A machine's clock an hour ahead or behind: nobody is signed out, nobody gets in twice, nothing is numbered out of turn."""

from collections.abc import Callable

import pyotp
import pytest
import time_machine
from flask import Flask

from app.core import clock
from app.core.ids import new_ulid
from tests.laws.furnished import asked
from tests.world import PASSWORD, SAME_ORIGIN, Person

HOUR_S = 3600


def shifted(by_s: float) -> time_machine.travel:
    """Let this process believe another time; it goes on from there."""
    return time_machine.travel(clock.now().timestamp() + by_s, tick=True)


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])
def test_sessions_and_tokens_hold_and_new_ones_outlive_the_mistake(app: Flask, ada: Person, by_s: int) -> None:
    token = asked(ada, "POST", "/api/tokens", {"name": "Script"})["token"]
    with shifted(by_s):
        assert ada.get("/api/user").status_code == 200
        script = app.test_client().get("/api/user", headers={"Authorization": f"Bearer {token}"})
        assert script.status_code == 200
        newcomer = app.test_client()
        body = {"email": ada.email, "password": PASSWORD}
        assert newcomer.post("/api/login", json=body, headers=SAME_ORIGIN).status_code == 200
        assert newcomer.get("/api/user").status_code == 200
    assert ada.get("/api/user").status_code == 200
    assert newcomer.get("/api/user").status_code == 200


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])
def test_facts_keep_the_order_they_were_committed_in(ada: Person, pump: Callable[[], int], by_s: int) -> None:
    def add(name: str) -> str:
        sku = f"SKU-{new_ulid()}"
        asked(ada, "POST", "/api/inventory", {"sku": sku, "name": name, "category": "frames", "unitPrice": "1.00"})
        pump()
        return sku

    skus = [add("before")]
    with shifted(by_s):
        skus.append(add("during"))
    skus.append(add("after"))
    events = ada.get("/api/events?topic=inventory&limit=100").json["events"]
    made = [one for one in events if one["type"] == "item.added"] or events
    assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
    assert len(made) >= len(skus)


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])
def test_a_code_of_the_right_time_is_refused_by_a_wrong_clock_and_none_is_good_twice(
    app: Flask, ada: Person, by_s: int
) -> None:
    secret = ada.post("/api/user/second-factor").json["secret"]
    code = pyotp.TOTP(secret).now()
    assert ada.post("/api/user/second-factor/confirmation", json={"code": code}).status_code == 201

    def sign_in(code: str) -> int:
        body = {"email": ada.email, "password": PASSWORD, "code": code}
        return app.test_client().post("/api/login", json=body, headers=SAME_ORIGIN).status_code

    with time_machine.travel(clock.now().timestamp() + 60, tick=True):
        fresh = pyotp.TOTP(secret).now()
        with shifted(by_s):
            assert sign_in(fresh) == 401
        assert sign_in(fresh) == 200
        with shifted(by_s):
            assert sign_in(fresh) == 401, "the clock that is wrong makes no old code good"
        assert sign_in(fresh) == 401


@pytest.mark.parametrize("by_s", [HOUR_S, -HOUR_S], ids=["ahead", "behind"])
def test_a_request_sent_again_after_the_clock_moved_is_the_same_one(ada: Person, by_s: int) -> None:
    body = {"sku": f"SKU-{new_ulid()}", "name": "Frame", "category": "frames", "unitPrice": "1.00"}
    key = {"Idempotency-Key": new_ulid()}
    first = ada.post("/api/inventory", json=body, headers=key)
    with shifted(by_s):
        again = ada.post("/api/inventory", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json == again.json
