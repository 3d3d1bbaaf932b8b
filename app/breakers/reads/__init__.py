"""Questions about breakers."""

from app.breakers.reads.board import (
    BreakerView,
    Held,
    describe,
    find_breaker,
    held_of,
    known_names,
    list_breakers,
    must_exist,
)
from app.breakers.reads.configured import Configured, last_configured
from app.breakers.reads.fleet import agreed_here, callers_of, callers_of_all, last_calls, state_here
from app.breakers.reads.minutes import Point, Traffic, list_minutes
from app.breakers.reads.touching import Touch, register_touching, touching
from app.breakers.reads.transitions import Stretch, TransitionPage, list_transitions, ribbons

__all__ = [
    "BreakerView",
    "Configured",
    "Held",
    "Point",
    "Stretch",
    "Touch",
    "Traffic",
    "TransitionPage",
    "agreed_here",
    "callers_of",
    "callers_of_all",
    "describe",
    "find_breaker",
    "held_of",
    "known_names",
    "last_calls",
    "last_configured",
    "list_breakers",
    "list_minutes",
    "list_transitions",
    "must_exist",
    "register_touching",
    "ribbons",
    "state_here",
    "touching",
]
