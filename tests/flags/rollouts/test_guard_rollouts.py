"""A guarded rollout with real processes: two that serve, and the relay that judges."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from app.breakers.registry import breaker
from app.core.ids import new_ulid
from app.core.installation import installation
from app.core.sequencer import BEAT
from app.flags import service as flags
from app.flags.reads import find_flag
from app.flags.rollouts import reads, service
from app.flags.rollouts.decision import State
from tests.site import Site, wait_for
from tests.world import Person

LONGEST = timedelta(seconds=5)  # from the step that let the variant out to the step back


@pytest.fixture
def key(app: Flask) -> Iterator[str]:
    """A flag that is on, for nobody so far."""
    made = f"guarded-{new_ulid().lower()}"
    with app.app_context(), installation():
        flags.create_flag(made, {"scope": "user"})
        flags.enable(made)
    yield made
    with app.app_context(), installation():
        if (left := service.find_live(made, "production")) is not None:
            service.act_on(left.id, "cancel")


@pytest.fixture
def name() -> str:
    """A breaker nobody else uses; this process knows it, so that a plan may name it."""
    made = f"dependency-{new_ulid().lower()}"
    breaker(made, minimum_number_of_calls=50, wait_duration_in_open_state_ms=30_000)
    return made


@pytest.fixture
def serve(site: Site, key: str, name: str) -> Iterator[Callable[[float, float], None]]:
    """Start two processes that serve behind the flag; they end with the test."""
    started: list[str] = []

    def run(treatment_fails: float, control_fails: float) -> None:
        for number in range(2):
            label = f"traffic-{key}-{number}"
            site.start(label, "tests.flags.rollouts.traffic", key, name, str(treatment_fails), str(control_fails))
            started.append(label)
        wait_for(lambda: all("serves" in site.log(one) for one in started), limit_s=60)

    yield run
    for one in started:
        process = site.processes.pop(one)
        process.terminate()
        process.wait(20)


def plan(pat: Person, key: str, name: str, **more: Any) -> dict[str, Any]:
    body = {
        "steps": [{"percentage": 50}, {"percentage": 100, "afterS": 3600}],
        "guards": [{"kind": "breaker", "name": name, "limit": 10, "minimumCalls": 40, "windowS": 30}],
        "cooldownS": 5, **more,
    }  # fmt: skip
    answer = pat.post(f"/api/degradation/features/{key}/rollouts", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json
    return found


def state_of(pat: Person, rollout: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = pat.get(f"/api/degradation/rollouts/{rollout['id']}").json
    return found


def share_of(app: Flask, key: str) -> int:
    with app.app_context(), installation():
        return find_flag(key, "production").settings.percentage


def audited(pat: Person, key: str, type_: str) -> list[dict[str, Any]]:
    return pat.world.sql.execute(
        "SELECT data, reason, actor, occurred_at FROM audit WHERE topic = 'flags' AND row_id = %s AND type = %s",
        (key, type_),
    ).fetchall()


def test_a_variant_that_does_harm_is_rolled_back_and_the_audit_tells_why(
    app: Flask, pat: Person, key: str, name: str, serve: Callable[[float, float], None]
) -> None:
    serve(0.30, 0.01)
    rollout = plan(pat, key, name)
    wait_for(lambda: share_of(app, key) == 50_000, limit_s=10)
    wait_for(
        lambda: state_of(pat, rollout)["state"] == State.ROLLED_BACK, limit_s=30, say=lambda: state_of(pat, rollout)
    )
    assert share_of(app, key) == 0
    wait_for(lambda: audited(pat, key, "rollout.rolled-back"))
    (entry,) = audited(pat, key, "rollout.rolled-back")
    (guard,) = entry["data"]["verdicts"]
    treatment, control = (guard[arm]["bad"] / guard[arm]["calls"] for arm in ("treatment", "control"))
    assert 0.1 <= treatment <= 0.6
    assert control < 0.1
    assert "the variant is the cause" in entry["reason"]
    assert entry["actor"]["kind"] == "system"
    assert entry["occurred_at"] - steps_of(pat, key)[0] <= LONGEST


def test_what_fails_alike_with_and_without_the_variant_is_held_not_rolled_back(
    app: Flask, pat: Person, key: str, name: str, serve: Callable[[float, float], None]
) -> None:
    serve(0.8, 0.8)
    rollout = plan(pat, key, name)
    wait_for(lambda: state_of(pat, rollout)["state"] == State.HELD, limit_s=30, say=lambda: state_of(pat, rollout))
    assert breaker(name).state.name == "OPEN"
    assert share_of(app, key) == 50_000
    assert "is open" in (reason := state_of(pat, rollout)["verdict"]["reason"]) or "as often without" in reason
    assert audited(pat, key, "rollout.rolled-back") == []


def test_a_harmless_variant_goes_all_the_way(
    app: Flask, pat: Person, key: str, name: str, serve: Callable[[float, float], None]
) -> None:
    serve(0.01, 0.01)
    steps = [{"percentage": 50}, {"percentage": 100, "afterS": 2}]
    rollout = plan(pat, key, name, steps=steps)
    wait_for(lambda: state_of(pat, rollout)["state"] == State.DONE, limit_s=60, say=lambda: state_of(pat, rollout))
    assert share_of(app, key) == 100_000
    with app.app_context(), installation():
        assert [one.state for one in reads.list_rollouts(key, "production")] == [State.DONE]


def test_a_schedule_fires_within_two_seconds_and_survives_a_restart_of_the_relay(
    app: Flask, pat: Person, key: str, site: Site
) -> None:
    rollout = plan(pat, key, "", steps=[{"percentage": 5, "afterS": 0}, {"percentage": 10, "afterS": 12}], guards=[])
    wait_for(lambda: share_of(app, key) == 5000, limit_s=10)
    site.processes["relay"].kill()
    site.processes["relay"].wait()
    site.start_relay()
    due = datetime.fromisoformat(state_of(pat, rollout)["nextAt"])
    wait_for(lambda: leads_since(pat) is not None, limit_s=60)
    back_at = leads_since(pat) or due
    wait_for(lambda: share_of(app, key) == 10_000, limit_s=40)
    wait_for(lambda: len(steps_of(pat, key)) == 2)
    assert timedelta(0) <= steps_of(pat, key)[-1] - due
    assert steps_of(pat, key)[-1] - max(due, back_at) <= timedelta(seconds=2)


def leads_since(pat: Person) -> datetime | None:
    """Return when the leading relay reached the database; None while nobody leads."""
    row = pat.world.sql.execute(
        "SELECT backend_start FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE %s",
        (f"{BEAT}%",),
    ).fetchone()
    return row["backend_start"] if row else None


def steps_of(pat: Person, key: str) -> list[datetime]:
    """Return when each step was recorded."""
    rows = pat.world.sql.execute(
        "SELECT occurred_at FROM audit WHERE row_id = %s AND type = 'rollout.stepped' ORDER BY id", (key,)
    ).fetchall()
    return [row["occurred_at"] for row in rows]
