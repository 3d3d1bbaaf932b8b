"""What one round trip to Valkey carries."""

from collections import Counter
from dataclasses import dataclass, field

from app.breakers import arm_counts
from app.breakers.breaker import Breaker
from app.breakers.fleet import store
from app.breakers.link import Batch


@dataclass
class Load:
    """What one round trip carries, so that it can be put back when it fails."""

    batches: list[tuple[Breaker, Batch]] = field(default_factory=list)
    callers: list[tuple[Breaker, Counter[str]]] = field(default_factory=list)
    arms: dict[arm_counts.Key, list[int]] = field(default_factory=dict)
    settles: list[tuple[str, store.Arguments]] = field(default_factory=list)
    reads: bool = False

    def put_back(self) -> None:
        """Keep it for the next time."""
        for one, batch in self.batches:
            one.put_back(batch)
        for one, callers in self.callers:
            one.figures.callers.update(callers)
        arm_counts.put_back(self.arms)
