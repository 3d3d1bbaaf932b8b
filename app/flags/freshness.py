"""How the flags are, for `GET /api/degradation/health`."""

from app.breakers.degradation import FeaturesHealth, Health
from app.flags import use


def tell_freshness() -> FeaturesHealth:
    """Return from where this process answers, and whether that may be out of date."""
    found = use.status()
    return FeaturesHealth(
        status=Health.DEGRADED if found.is_stale else Health.HEALTHY,
        revision=found.revision,
        stale=found.is_stale,
        source=found.source,
        age_s=None if found.age_s is None else round(found.age_s, 3),
    )
