"""What happens to the cache by people's hands."""

from app.core.outbox import Fact


class CachePurged(Fact, type="cache.purged", topic="cache", row="value"):
    """Somebody made bad what was kept.

    Attributes:
        kind: `everything`, `namespace`, `company` or `table`.
        value: Its name; a company's short name; empty for everything.
    """

    kind: str
    value: str
    reason: str
