"""What Valkey has not been told of: replaced tags are owed until it takes them."""

import threading
from collections.abc import Iterable

from app.core.cache import store, tags
from app.core.redis import request_redis

MOST_OWED = 10_000


class Debts:
    """The tags that one process still has to replace."""

    def __init__(self) -> None:
        self._owed: set[str] = set()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._owed)

    def add(self, names: Iterable[str]) -> None:
        """Owe some; of too many, everything is owed."""
        with self._lock:
            self._owed.update(names)
            if len(self._owed) > MOST_OWED:
                self._owed = {tags.EVERYTHING}

    def pay(self) -> None:
        """Tell Valkey now, if anything is owed. Nothing is read there before.

        Raises:
            RedisAway: It cannot be told; it stays owed.
        """
        if not self._owed:
            return
        with self._lock:
            owed = set(self._owed)
        request_redis().run(lambda client: store.replace_tags(client, owed))
        with self._lock:
            self._owed -= owed
