"""Keep the garbage collector out of requests, of numbering and of jobs: one look at the whole app takes a fifth of a second."""

import gc

from sqlalchemy.orm import configure_mappers

# Python's default (700) walks every long-lived object of the app about once in forty list pages: 115 ms measured
# on one of them. Requests free almost everything by reference count; cycles are few and can wait.
YOUNG_OBJECTS = 20_000


def settle_memory() -> None:
    """Set aside what lives as long as the process, once the app is made; call it before serving."""
    configure_mappers()  # here, once, and not in the first request or job
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 100)
