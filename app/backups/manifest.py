"""What a backup holds."""

from dataclasses import dataclass
from datetime import datetime

from app.core import clock


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes:
        tables: Rows of each table, counted in the snapshot that was dumped.
        revision: The newest migration in it.
        made_at: RFC 3339.
    """

    name: str
    made_at: str
    seconds: float
    size_bytes: int
    sha256: str
    server: str
    revision: str
    release: str
    tables: dict[str, int]

    @property
    def at(self) -> datetime:
        """When it was made."""
        return clock.parse(self.made_at)

    @property
    def rows(self) -> int:
        """All rows in it."""
        return sum(self.tables.values())

    @property
    def age_s(self) -> float:
        """How old it is."""
        return (clock.now() - self.at).total_seconds()


def read_manifest(found: object) -> Manifest | None:
    """Return a manifest out of JSON; None for what is none."""
    try:
        return Manifest(**found) if isinstance(found, dict) else None
    except TypeError:
        return None
