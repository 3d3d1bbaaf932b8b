"""Turns one of the product's own flags for a while, and back."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.core.installation import installation
from app.flags import reads, service
from tests.flags.acts import as_platform
from tests.world import Person


@contextmanager
def switched(pat: Person, key: str, *, on: bool) -> Iterator[None]:
    """Switch a flag for everybody, and put it back as it was."""
    with as_platform(pat):
        before = reads.find_flag(key).settings
        service.set_settings(key, {"enabled": on, "percentage": 100_000 if on else before.percentage})
    try:
        yield
    finally:
        with pat.app.app_context(), installation():
            service.set_settings(key, {"enabled": before.enabled, "percentage": before.percentage})


@contextmanager
def blocked(pat: Person, key: str, target: str) -> Iterator[None]:
    """Put somebody on a flag's block list for a while."""
    with as_platform(pat):
        service.block(key, target)
    try:
        yield
    finally:
        with pat.app.app_context(), installation():
            service.remove_from_list(key, "block", target)


@contextmanager
def allowed(pat: Person, key: str, target: str) -> Iterator[None]:
    """Put somebody on a flag's allow list, with the flag on, for a while."""
    with as_platform(pat):
        before = reads.find_flag(key).settings
        service.set_settings(key, {"enabled": True})
        service.allow(key, target)
    try:
        yield
    finally:
        with pat.app.app_context(), installation():
            service.remove_from_list(key, "allow", target)
            service.set_settings(key, {"enabled": before.enabled})
