"""What happened to quotas and prices."""

from typing import Any

from app.core.outbox import Fact


class QuotaChanged(Fact, type="storage.quota-changed", topic="files"):
    """A company may store more or less; `category` "" is all of it together."""

    category: str
    changes: dict[str, Any]
    reason: str


class QuotaNear(Fact, type="storage.quota-near", topic="files"):
    """A company uses more than its soft limit; told once until it is well below it again."""

    category: str
    used_bytes: int
    soft_bytes: int
    hard_bytes: int | None


class PriceChanged(Fact, type="storage.price-changed", topic="files"):
    """Somebody's own prices stand in place of the list's, or the list's again."""

    place: str
    name: str
    changes: dict[str, Any]
    reason: str
