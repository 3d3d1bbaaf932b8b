"""A guard for tests: what runs under it must not send the same read again and again."""

from collections.abc import Iterator

import pytest

from app.core.gathering import Repeated, watch


@pytest.fixture
def no_repeats() -> Iterator[None]:
    """Fail a test whose requests or jobs sent one read ten times or more, with its line."""
    yield from guarded()


def guarded() -> Iterator[None]:
    """Look at what is repeated from here to the end."""
    watch.repeats.clear()
    yield
    found: list[Repeated] = list(watch.repeats)
    watch.repeats.clear()
    assert not found, "\n".join(f"{one.asked_by} at {one.line}: {one.times} times ({one.kind})" for one in found)
