"""`GET /api/degradation/health`: what works less well than it could, as this process knows it; asks nobody."""

from collections.abc import Callable
from enum import StrEnum

from flask import Blueprint

from app.breakers import registry
from app.breakers.states import Scope, State
from app.core.access import SELF
from app.core.api import contract
from app.core.shapes import Answer

degradation_bp = Blueprint("degradation", __name__)
WELL = frozenset({State.CLOSED, State.DISABLED, State.METRICS_ONLY})


class Health(StrEnum):
    """How one thing is."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"


class CircuitHealth(Answer):
    """One breaker, as calls of the answering process meet it.

    `scope` is `local` while this process rests alone.
    """

    status: Health
    state: str
    scope: Scope


class FeaturesHealth(Answer):
    """The flags: from where they are answered, and whether they may be out of date."""

    status: Health
    revision: int
    stale: bool
    source: str
    age_s: float | None


class DegradationOut(Answer):
    """The whole: degraded as soon as one part is.

    `fleet` is degraded while Redis is away and each process decides by its own window.
    """

    status: Health
    fleet: Health
    circuits: dict[str, CircuitHealth]
    features: FeaturesHealth | None = None


_features: list[Callable[[], FeaturesHealth]] = []


def report_features(function: Callable[[], FeaturesHealth]) -> None:
    """Register who knows how the flags are: they stand above the breakers."""
    _features[:] = [function]


@degradation_bp.get("/api/degradation/health")
@contract(scope=SELF, any_company=True, returns={200: DegradationOut}, tag="Breakers")
def show_degradation() -> DegradationOut:
    """How the breakers and the flags are, for anyone signed in."""
    circuits = {
        one.name: CircuitHealth(status=_health(is_well=one.state in WELL), state=one.state.name, scope=one.scope)
        for one in registry.breakers()
    }
    fleet = _health(is_well=not getattr(registry.link(), "is_degraded", False))
    features = _features[0]() if _features else None
    parts = [fleet, *(one.status for one in circuits.values()), *([features.status] if features else [])]
    whole = _health(is_well=Health.DEGRADED not in parts)
    return DegradationOut(status=whole, fleet=fleet, circuits=circuits, features=features)


def _health(*, is_well: bool) -> Health:
    return Health.HEALTHY if is_well else Health.DEGRADED
