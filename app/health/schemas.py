"""What the health addresses answer."""

from app.core.shapes import Answer, Instant


class StorageOut(Answer):
    """Where uploads go."""

    healthy: bool
    provider: str


class PartOut(Answer):
    """One system we stand on, without a secret or an address."""

    healthy: bool
    detail: str


class RelayOut(PartOut):
    """The relay: how far the event log is behind."""

    lag_seconds: float | None


class HealthOut(Answer):
    """The public summary."""

    status: str
    version: str
    git_sha: str
    storage: StorageOut
    database: PartOut
    redis: PartOut
    relay: RelayOut


class DependencyOut(Answer):
    """One system with how long it took to answer."""

    name: str
    healthy: bool
    detail: str
    took_ms: float


class DependenciesOut(Answer):
    """Every system, for people and alerts."""

    checked_at: Instant
    dependencies: list[DependencyOut]
