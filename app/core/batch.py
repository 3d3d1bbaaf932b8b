"""Many lookups, one query: what a loop asks for by key is gathered, and read together when the first answer is needed.

    @batched
    def products_by_sku(skus: Sequence[str]) -> dict[str, Product]: …

    wanted = [products_by_sku.load(line.sku) for line in lines]     # asks nobody
    names = [one.get().name for one in wanted]                      # one query

What was read is kept for the rest of the request or job, for its company alone, and forgotten with its next commit.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import update_wrapper
from typing import Any, Generic, TypeVar

from flask import g
from sqlalchemy.orm import Session

from app.core.db import after_commit, db
from app.core.tenancy import Scope, current_scope

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
AT_MOST = 1000  # keys of one query
KEPT = 10_000  # keys of one batch; a long job must not keep all it ever read
NAME = "batches"


@dataclass
class Batch(Generic[K, V]):
    """What one loader was asked for and has read, in one scope of one request.

    Attributes:
        queries: How often it asked.
    """

    read: Callable[[Sequence[K]], Mapping[K, V]]
    known: dict[K, V | None] = field(default_factory=dict)
    wanted: dict[K, None] = field(default_factory=dict)
    queries: int = 0

    def want(self, key: K) -> None:
        """Ask for a key with the next query."""
        if key not in self.known:
            self.wanted[key] = None

    def find(self, key: K) -> V | None:
        """Return what a key stands for; None when there is nothing. The first of many asks for all of them."""
        if key not in self.known:
            self.wanted[key] = None
            self._ask()
        return self.known[key]

    def _ask(self) -> None:
        keys, self.wanted = list(self.wanted), {}
        if len(self.known) + len(keys) > KEPT:
            self.known.clear()
        for start in range(0, len(keys), AT_MOST):
            some = keys[start : start + AT_MOST]
            found = self.read(some)
            self.queries += 1
            self.known.update({key: found.get(key) for key in some})


@dataclass(frozen=True)
class Promise(Generic[K, V]):
    """An answer that may not have been asked for yet."""

    batch: Batch[K, V]
    key: K

    def get(self) -> V | None:
        """Return it; None when there is nothing of this key."""
        return self.batch.find(self.key)


class Loader(Generic[K, V]):
    """A function from many keys to what they stand for, asked key by key."""

    def __init__(self, read: Callable[[Sequence[K]], Mapping[K, V]]) -> None:
        self._read = read
        update_wrapper(self, read)

    def load(self, key: K) -> Promise[K, V]:
        """Promise the answer for one key; it is read when somebody needs it or one of its like."""
        batch = self.batch()
        batch.want(key)
        return Promise(batch, key)

    def load_many(self, keys: Iterable[K]) -> list[V | None]:
        """Return the answers for many keys, in their order, with one query for those that are not known yet."""
        return [one.get() for one in [self.load(key) for key in keys]]

    def prime(self, key: K, value: V) -> None:
        """Keep what was read otherwise."""
        self.batch().known[key] = value

    def __call__(self, keys: Sequence[K]) -> Mapping[K, V]:
        """Read without a batch."""
        return self._read(keys)

    def batch(self) -> Batch[K, V]:
        """Return what this loader knows here: of this session, in this scope."""
        batches = _batches()
        where = (id(db.session()), self, current_scope())
        if where not in batches:
            batches[where] = Batch(self._read)
        return batches[where]


Where = tuple[int, "Loader[Any, Any]", Scope]  # Any: of any key and value


def _batches() -> dict[Where, Batch[Any, Any]]:  # Any: as above
    kept: dict[Where, Batch[Any, Any]] = g.setdefault(NAME, {})
    return kept


def batched(read: Callable[[Sequence[K]], Mapping[K, V]]) -> Loader[K, V]:
    """Make a function that reads many at once one that is asked for each."""
    return Loader(read)


@after_commit
def forget(session: Session) -> None:
    """Read anew what may have changed."""
    _batches().clear()
