"""The replicas as this process knows them."""

from dataclasses import dataclass

from flask import current_app

from app.core import gates
from app.core.replicas.reading import FLAG
from app.core.replicas.watch import watch_of


@dataclass(frozen=True)
class ReplicaView:
    """One copy.

    Attributes:
        name: Host and port.
        reason: Why it is not asked; "" when it is.
        lag_s: How old its state is; None while nobody knows.
        reads: Blocks of reads this process has sent there.
    """

    name: str
    reason: str
    lag_s: float | None
    behind_bytes: int | None
    reads: int

    @property
    def is_asked(self) -> bool:
        """Whether reads that may lag go there."""
        return not self.reason


@dataclass(frozen=True)
class ReplicasView:
    """All copies, and whether they are used at all.

    Attributes:
        is_on: The flag `use-read-replicas` is on for who looks.
    """

    items: list[ReplicaView]
    is_on: bool


def read_replicas() -> ReplicasView:
    """Return what this process's watch knows."""
    rotation = watch_of(current_app._get_current_object()).rotation  # type: ignore[attr-defined]  # noqa: SLF001
    items = [ReplicaView(one.name, one.reason, one.lag_s, one.behind_bytes, one.reads) for one in rotation.replicas]
    return ReplicasView(items, gates.is_on(FLAG, default=True))
