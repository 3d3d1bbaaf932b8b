"""Makes JSON of what is known about breakers."""

from datetime import UTC, datetime
from typing import Any

from app.breakers.models import BreakerRow, BreakerTransition
from app.breakers.reads import BreakerView, Held, held_of
from app.breakers.schemas import (
    ActedOut,
    CallerOut,
    CircuitDetail,
    CircuitOut,
    CircuitsOut,
    HeldOut,
    ProcessOut,
    TransitionOut,
)
from app.breakers.states import State
from app.core import clock


def circuits_of(found: list[BreakerView]) -> CircuitsOut:
    """Return all of them."""
    return CircuitsOut(
        items=[CircuitOut(**_fields(one)) for one in found], degraded=any(one.is_degraded for one in found)
    )


def detail_of(one: BreakerView, callers: list[tuple[str, int]]) -> CircuitDetail:
    """Return one with its settings, its processes and its callers."""
    reports = [
        ProcessOut(
            process=told.process, state=told.state, scope=told.scope, buffered_calls=told.calls,
            failed_calls=told.failures, slow_calls=told.slow, failure_rate=told.failure_rate,
            slow_call_rate=told.slow_rate, seen_at=datetime.fromtimestamp(told.seen_at, UTC),
        )
        for told in one.reports
    ]  # fmt: skip
    return CircuitDetail(
        **_fields(one), config=one.config.to_json() | {"minimumNumberOfCalls": one.config.minimum}, overrides=one.overrides, version=one.version, reports=reports,
        callers=[CallerOut(caller=caller, calls=calls) for caller, calls in callers],
    )  # fmt: skip


def acted_of(row: BreakerRow, state: State) -> ActedOut:
    """Return a breaker after an act, from its row alone: the act's transaction may still be open.

    Args:
        row: As the act left it.
        state: Of calls when nobody holds it.
    """
    held = held_of(row, clock.now())
    return ActedOut(
        name=row.name, state=(held.state if held else state).name, forced=_held(held), overrides=row.config,
        version=row.version,
    )  # fmt: skip


def transition_of(row: BreakerTransition) -> TransitionOut:
    """Return one change of state."""
    return TransitionOut(
        id=row.id, at=row.at, from_state=row.from_state, to_state=row.to_state, generation=row.generation,
        reach=row.reach, process=row.process, reason=row.reason, evidence=row.evidence,
        by=str(row.actor.get("name", "")),
    )  # fmt: skip


def _held(held: Held | None) -> HeldOut | None:
    return HeldOut(reason=held.reason, by=held.by, at=held.at, until=held.until) if held else None


def _fields(one: BreakerView) -> dict[str, Any]:  # Any: fields of different types
    held = one.held
    return {
        "name": one.name,
        "description": one.description,
        "state": one.state.name,
        "forced": _held(held),
        "since": held.at if held else one.since,
        "open_until": held.until if held else one.open_until,
        "reason": "forced" if held else one.reason,
        "generation": one.generation,
        "failure_rate": round(one.failure_rate, 3),
        "slow_call_rate": round(one.slow_rate, 3),
        "buffered_calls": one.calls,
        "failed_calls": one.failures,
        "slow_calls": one.slow,
        "not_permitted_calls": one.traffic.rejected,
        "calls_per_minute": round(one.traffic.per_minute, 1),
        "processes": len(one.reports),
        "processes_alone": len(one.alone),
        "degraded": one.is_degraded,
    }
