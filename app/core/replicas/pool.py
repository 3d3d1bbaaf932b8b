"""The pool of a replica's connections: its failures are the replica's, and must not make the database rest."""

from app.core.guards import Guard
from app.core.pool import GuardedPool


class ReplicaPool(GuardedPool):
    """A pool that is measured like the others and guarded by the rotation instead of a breaker."""

    def guard(self) -> Guard | None:
        """Return nobody: the rotation sends the next reader elsewhere."""
        return None
