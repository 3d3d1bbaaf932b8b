"""Registers the breakers: their engine in this process, their pages and their JSON."""

from flask import Flask

from app.breakers import history, models, outcomes, prometheus, pushing, registry, service
from app.breakers.api import api_bp
from app.breakers.degradation import degradation_bp
from app.breakers.events import BreakerTransitioned
from app.breakers.fleet.sync import join_fleet
from app.breakers.reads import describe
from app.breakers.ready import READY, make_ready
from app.breakers.recorder import Recorder, keep_for
from app.breakers.states import State
from app.breakers.views import bp
from app.core import live, relay, shell
from app.core.pushed import pushed_of
from config import Settings

__all__ = ["init_breakers", "models"]  # imported for the tables
END_FORCES_EVERY_S, FORGET_EVERY_S = 2.0, 3600.0
TOPIC = BreakerTransitioned.topic


def init_breakers(app: Flask) -> None:
    """Join the fleet, keep what breakers do, and serve them."""
    make_ready(app)
    for one in READY:
        describe(one.name, one.description)
    pushed_of(app).register(TOPIC, pushing.refresh)
    pushed_of(app).on_start(take_breakers(app).ensure_started)
    pushed_of(app).on_start(lambda: registry.link().ensure_started())  # so that the first call knows what is open
    relay.duty("breaker-forces", END_FORCES_EVERY_S, service.end_forces)
    relay.duty("breaker-history", FORGET_EVERY_S, history.forget_old)
    app.register_blueprint(api_bp)
    app.register_blueprint(bp)
    app.register_blueprint(degradation_bp)
    outcomes.init_outcomes(app)
    prometheus.init_prometheus()
    live.topic(TOPIC, permission="breakers:read", installation=True)
    shell.nav("Control", "Breakers", "unplug", "breakers.list_breakers", "breakers:read", mark=open_mark)


def take_breakers(app: Flask) -> Recorder:
    """Give this process's breakers to an app: its fleet carries their outcomes, its database keeps what they do.

    The last app made has them; a process that makes several may give them back. Return what keeps their history.
    """
    settings: Settings = app.config["SETTINGS"]
    fleet = join_fleet(settings)
    fleet.begin = pushed_of(app).ensure_started  # a one-off command obeys a forced state, too
    return keep_for(app)


def open_mark() -> shell.Mark | None:
    """Return how many breakers are open, as this process knows them: the rail must ask nobody."""
    count = sum(one.state in {State.OPEN, State.HALF_OPEN} for one in registry.breakers())
    return shell.Mark("bad", str(count), "open") if count else None
