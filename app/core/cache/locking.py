"""One process at a time reads something from the database; the others look whether it is there, for a while."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b

from app.core.cache import store
from app.core.cache.tags import new_token
from app.core.redis import RedisAway

LASTS_MS, LOOK_EVERY_S = 10_000, 0.015


@contextmanager
def turn(what: str, budget_s: float) -> Iterator[Iterator[bool]]:
    """Yield when to look; when there are no more looks it is ours to read, with the lock or after the wait.

    The first look of who has the lock is needed too: its holder before may have just put the value there.

    Args:
        what: The value, and its tags.
        budget_s: How long to wait for another process; 0 yields no look at all without the lock.
    """
    key, token = f"cl:{blake2b(what.encode(), digest_size=16).hexdigest()}", new_token()
    held = [False]
    try:
        yield _looks(key, token, budget_s, held)
    finally:
        if held[0]:
            with suppress(RedisAway):
                store.unlock(key, token)


def _looks(key: str, token: str, budget_s: float, held: list[bool]) -> Iterator[bool]:
    ends = time.monotonic() + budget_s
    with suppress(RedisAway):
        while not store.lock(key, token, LASTS_MS):
            if time.monotonic() >= ends:
                return
            threading.Event().wait(LOOK_EVERY_S)
            yield False
        held[0] = True
        yield True
