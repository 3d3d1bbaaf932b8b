"""The read cache: what was read is kept in Valkey until what it was read from changes.

    HOURS = OfCompany("orders.hours", "orders", list[int], meaning="orders by the hour", tables=["orders"])

    @cached(HOURS)
    def orders_by_hour() -> list[int]: ...

docs/cache.md has the contract; nobody else speaks to Valkey about values.
"""

from app.core.cache.invalidation import replace, touch
from app.core.cache.namespaces import Everywhere, OfCompany, WrongCompany, cached, cached_everywhere, namespaces

__all__ = ["Everywhere", "OfCompany", "WrongCompany", "cached", "cached_everywhere", "namespaces", "replace", "touch"]
