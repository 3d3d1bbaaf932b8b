"""Serves rollouts, keeps them, and counts what their guards look at."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from app.breakers.arm_counts import count_outcome
from app.breakers.reads import Touch, register_touching
from app.core import arms, relay
from app.flags import use
from app.flags.rollouts import api, keeper, reads, views


def init_rollouts(app: Flask) -> None:
    """Register the addresses, the relay's duty, and conversions as something to guard by."""
    app.register_blueprint(api.bp)
    app.register_blueprint(views.bp)
    relay.duty("rollouts", keeper.EVERY_S, keeper.keep_rollouts)
    use.on_track(count_conversion)
    register_touching(find_guarded)


def count_conversion(event: str, context: Mapping[str, Any], value: float | None, given: dict[str, str]) -> None:
    """Count a tracked event for the guarded variants of here and now."""
    if arms.watch.on and given:
        count_outcome(f"conversion/{event}", given, failed=False, slow=False)


def find_guarded(breaker: str) -> list[Touch]:
    """Return the rollouts that a breaker guards, for its own page."""
    return [
        Touch("Flag", one["key"], views.flag_address(one["key"], one["environment"]), f"rollout {one['state']}")
        for one in reads.flags_guarded_by(breaker)
    ]
