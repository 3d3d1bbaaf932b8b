"""Whether this process is about to stop; gunicorn.conf.py says so, /health/ready tells the balancer."""

import threading

_begun = threading.Event()


def begin_draining() -> None:
    """Ask for no new requests."""
    _begun.set()


def is_draining() -> bool:
    """Say whether this process is about to stop."""
    return _begun.is_set()
