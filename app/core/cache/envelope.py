"""A value as Valkey keeps it: one line about it, then the value as JSON. Never pickle: whoever wrote it could run code here."""

import math
import random
from dataclasses import dataclass

import orjson

BETA = 1.0
JITTER = 0.1
# Spreads work over time, guards nothing.
_chance = random.Random()  # noqa: S311


@dataclass(frozen=True, slots=True)
class Envelope:
    """A value and what is known of it.

    Attributes:
        body: The value as JSON.
        stored_at: Seconds since 1970, as `expires_at`.
        took_s: How long it took to read from the database.
        tokens: The tags as they stood before the database was asked.
    """

    body: bytes
    stored_at: float
    expires_at: float
    took_s: float
    tokens: tuple[str, ...]

    def pack(self) -> bytes:
        """Return it as bytes."""
        head = {"a": self.stored_at, "x": self.expires_at, "d": self.took_s, "t": self.tokens}
        return orjson.dumps(head) + b"\n" + self.body

    def is_due(self, now: float) -> bool:
        """Say whether this reader is the one who reads again, early and in the background.

        The dearer a value and the nearer its end, the likelier: so of many readers about one does, before it ends.
        Vattani, Chierichetti, Lowenstein: Optimal Probabilistic Cache Stampede Prevention (2015).
        """
        return now - self.took_s * BETA * math.log(1.0 - _chance.random()) >= self.expires_at


def unpack(packed: bytes) -> Envelope | None:
    """Return what was packed; None for what is no envelope, as another release may have written."""
    head, _, body = packed.partition(b"\n")
    try:
        known = orjson.loads(head)
        return Envelope(body, known["a"], known["x"], known["d"], tuple(known["t"]))
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None


def with_jitter(ttl_s: float) -> float:
    """Return a life within 10 % of what was asked, so that what was read together does not end together."""
    return ttl_s * (1 + _chance.uniform(-JITTER, JITTER))
