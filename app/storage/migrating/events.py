"""Facts about migrations. They belong to the installation."""

from app.core.outbox import Fact


class MigrationChanged(Fact, type="storage-migration.changed", topic="storage-migrations", row="id"):
    """A migration was planned, or went on to another phase, by a person or by itself.

    `act` says how: planned, started, paused, resumed, limited, verifying, ready, switching, soaking, rolling-back,
    rolled-back, removing, done, stopped, retried.
    """

    id: str
    act: str
    source: str
    target: str
    files: int
    reason: str
