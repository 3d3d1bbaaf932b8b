"""Acts on plans, by JSON and on the page: who may, what is refused, what is asked first."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core import clock
from app.core.db import db, transaction
from app.core.ids import new_ulid
from app.core.installation import installation
from app.flags import service as flags
from app.flags.models import FlagRollout
from app.flags.reads import find_flag
from app.flags.rollouts import service
from app.flags.rollouts.decision import Move
from app.flags.rollouts.keeper import look_at
from tests.world import Person

STEPS = [{"percentage": 10}, {"percentage": 50, "afterS": 3600}]
GUARD = {"kind": "breaker", "name": "email", "limit": 5}


@pytest.fixture
def key(app: Flask) -> Iterator[str]:
    made = f"planned-{new_ulid().lower()}"
    with app.app_context(), installation():
        flags.create_flag(made, {"scope": "user"})
        flags.enable(made)
        flags.set_percentage(made, 5000)
    yield made
    with app.app_context(), installation():
        if (left := service.find_live(made, "production")) is not None:
            service.act_on(left.id, "cancel")


def plan(pat: Person, key: str, **body: Any) -> Any:
    return pat.post(f"/api/degradation/features/{key}/rollouts", json={"steps": STEPS, **body})


def act(pat: Person, rollout: str, name: str, **body: Any) -> Any:
    return pat.post(f"/api/degradation/rollouts/{rollout}/{name}", json=body)


def keep(app: Flask, rollout: str) -> Move:
    """Let the relay's duty look at a plan once."""
    with app.app_context(), installation():
        return look_at(rollout)


def share_of(app: Flask, key: str) -> int:
    with app.app_context(), installation():
        return find_flag(key, "production").settings.percentage


def shift(app: Flask, rollout: str, **ago: float) -> None:
    """Let a plan's last moments have been earlier."""
    with app.app_context(), installation(), transaction():
        row = db.session.scalars(sa.select(FlagRollout).where(FlagRollout.id == rollout)).one()
        back = timedelta(**ago)
        row.next_at = row.next_at - back if row.next_at else None
        row.ended_at = row.ended_at - back if row.ended_at else None


def test_a_plan_steps_when_it_is_due_and_ends_where_it_stands(app: Flask, pat: Person, key: str) -> None:
    made = plan(pat, key).json
    assert (made["state"], made["step"], share_of(app, key)) == ("planned", 0, 5000)
    assert (keep(app, made["id"]), share_of(app, key)) == (Move.STEP, 10_000)
    assert (keep(app, made["id"]), share_of(app, key)) == (Move.STAY, 10_000)
    shift(app, made["id"], hours=1)
    assert (keep(app, made["id"]), share_of(app, key)) == (Move.STEP, 50_000)
    assert keep(app, made["id"]) is Move.FINISH
    assert pat.get(f"/api/degradation/rollouts/{made['id']}").json["state"] == "done"


def test_a_person_holds_lets_go_rolls_back_and_arms_again(app: Flask, pat: Person, key: str) -> None:
    made = plan(pat, key, guards=[GUARD], cooldownS=30).json["id"]
    keep(app, made)
    held = act(pat, made, "hold", reason="let me look").json
    assert (held["state"], held["verdict"]["reason"]) == ("held", "let me look")
    shift(app, made, hours=2)
    assert keep(app, made) is Move.STAY, "what a person holds only a person lets go on"
    assert act(pat, made, "go-on").json["state"] == "running"
    back = act(pat, made, "roll-back", reason="complaints").json
    assert (back["state"], share_of(app, key)) == ("rolled-back", 5000)
    early = act(pat, made, "arm")
    assert (early.status_code, early.json["code"]) == (409, "rollout-cooling")
    assert 0 < int(early.headers["Retry-After"]) <= 30
    shift(app, made, seconds=31)
    again = act(pat, made, "arm").json
    assert (again["state"], again["step"]) == ("planned", 0)
    assert act(pat, made, "cancel").json["state"] == "cancelled"
    over = act(pat, made, "hold")
    assert (over.status_code, over.json["code"]) == (409, "rollout-over")


def test_mistakes_are_refused_by_name(app: Flask, pat: Person, key: str) -> None:
    unknown = plan(pat, key, guards=[{**GUARD, "name": "no-such-breaker"}])
    assert (unknown.status_code, unknown.json["code"]) == (422, "unknown-guard")
    assert "email" in unknown.json["known"]
    assert plan(pat, key, guards=[{"kind": "queue-age", "name": "no-queue", "limit": 9}]).status_code == 422
    assert plan(pat, key, steps=[{"percentage": 101}]).status_code == 422
    assert plan(pat, key, environment="nowhere").json["code"] == "flag-environment-unknown"
    assert plan(pat, "no-such-flag").status_code == 404
    assert plan(pat, key).status_code == 201
    second = plan(pat, key)
    assert (second.status_code, second.json["code"]) == (409, "rollout-runs")
    assert pat.get("/api/degradation/rollouts/01NONE").status_code == 404


def test_only_platform_admins_plan(ada: Person, sam: Person, cleo: Person, pat: Person, key: str) -> None:
    made = plan(pat, key).json["id"]
    for person in (ada, sam, cleo):
        assert plan(person, key).status_code == 403
        assert person.get(f"/api/degradation/features/{key}/rollouts").status_code == 403
        assert act(person, made, "cancel").status_code == 403
        assert person.get(f"/flags/{key}/rollouts/new").status_code == 403


def test_planning_twice_with_one_key_plans_once(pat: Person, key: str) -> None:
    headers = {"Idempotency-Key": new_ulid()}
    first, second = (
        pat.post(f"/api/degradation/features/{key}/rollouts", json={"steps": STEPS}, headers=headers) for _ in range(2)
    )
    assert (first.status_code, second.status_code, first.json["id"]) == (201, 201, second.json["id"])


FORM = {"shares": "10, 25 %,50", "wait": "2", "unit": "3600", "timezone": "UTC", "cooldown": "10", "guard0": "breaker:email", "limit0": "5"}  # fmt: skip


def test_the_form_plans_and_the_page_tells(app: Flask, pat: Person, key: str) -> None:
    assert "Plan a rollout" in pat.get(f"/flags/{key}").text
    assert pat.get(f"/flags/{key}/rollouts/new").status_code == 200
    answer = pat.post(f"/flags/{key}/rollouts", data=FORM)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/flags/{key}")
    (row,) = pat.get(f"/api/degradation/features/{key}/rollouts").json["items"]
    assert [(step["percentage"], step.get("afterS")) for step in row["steps"]] == [(10, None), (25, 7200), (50, 7200)]
    keep(app, row["id"])
    page = pat.get(f"/flags/{key}").text
    assert "At 10%" in page
    assert "email failures" in page
    assert "Waits for calls" in page


def test_a_mistake_in_the_form_comes_back_with_what_was_sent(pat: Person, key: str) -> None:
    answer = pat.post(f"/flags/{key}/rollouts", data={**FORM, "shares": "10, 120", "limit0": "many"})
    assert answer.status_code == 422
    assert 'value="10, 120"' in answer.text
    assert "100" in answer.text
    assert pat.get(f"/api/degradation/features/{key}/rollouts").json["items"] == []
    taken = pat.post(f"/flags/{key}/rollouts", data={**FORM, "shares": ""})
    assert taken.status_code == 422


def test_letting_a_held_plan_go_on_is_asked_first(app: Flask, pat: Person, key: str) -> None:
    made = plan(pat, key, guards=[GUARD]).json["id"]
    keep(app, made)
    assert pat.post(f"/flags/{key}/rollouts/{made}/hold").status_code == 303
    assert re.search(r"Held at 10%", pat.get(f"/flags/{key}").text)
    asked = pat.post(f"/flags/{key}/rollouts/{made}/go-on")
    assert (asked.status_code, "go on?" in asked.text) == (409, True)
    assert pat.get(f"/flags/{key}/rollouts/{made}/go-on").status_code == 200
    assert pat.post(f"/flags/{key}/rollouts/{made}/go-on", data={"confirmed": "1"}).status_code == 303
    assert pat.get(f"/api/degradation/rollouts/{made}").json["state"] == "running"


def test_a_plan_with_guards_makes_its_flag_watched_and_no_longer_when_it_ends(
    app: Flask, pat: Person, key: str
) -> None:
    from app.flags import use

    made = plan(pat, key, guards=[GUARD]).json["id"]
    keep(app, made)
    with app.app_context():
        assert use.table().snapshot.flags[key].watched
    act(pat, made, "cancel")
    with app.app_context():
        assert not use.table().snapshot.flags[key].watched


def test_the_clock_of_a_plan_is_the_zones(app: Flask, pat: Person, key: str) -> None:
    at = (clock.now() + timedelta(days=400)).replace(
        month=7, day=1, hour=9, minute=0, second=0, microsecond=0, tzinfo=None
    )
    made = plan(pat, key, steps=[{"percentage": 20, "at": at.isoformat()}], timezone="Europe/London").json
    assert made["nextAt"].endswith("T08:00:00.000Z")
