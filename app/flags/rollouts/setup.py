"""Serves rollouts, keeps them, and counts what their guards look at."""

from collections.abc import Mapping
from typing import Any

from flask import Flask

from app.breakers.arm_counts import count_outcome
from app.core import arms, relay
from app.flags import use
from app.flags.rollouts import api, keeper, views


def init_rollouts(app: Flask) -> None:
    """Register the addresses, the relay's duty, and conversions as something to guard by."""
    app.register_blueprint(api.bp)
    app.register_blueprint(views.bp)
    relay.duty("rollouts", keeper.EVERY_S, keeper.keep_rollouts)
    use.on_track(count_conversion)


def count_conversion(event: str, context: Mapping[str, Any], value: float | None, given: dict[str, str]) -> None:
    """Count a tracked event for the guarded variants of here and now."""
    if arms.watch.on and given:
        count_outcome(f"conversion/{event}", given, failed=False, slow=False)
