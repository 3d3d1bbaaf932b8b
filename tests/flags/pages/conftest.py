"""Flags of one's own for the pages: fresh keys, because flags belong to the whole installation."""

from collections.abc import Callable
from typing import Any

import pytest

from app.flags import reads, service
from app.flags.reads import FlagDetail
from tests.flags.acts import as_platform, make_flag
from tests.world import Person


class Shown:
    """One fresh flag and the shortest ways to look at it."""

    def __init__(self, pat: Person, **fields: Any) -> None:
        self.pat = pat
        self.key = make_flag(pat, **fields)
        self.path = f"/flags/{self.key}"

    def now(self, environment: str = "production") -> FlagDetail:
        """Return the flag as the database has it."""
        with as_platform(self.pat):
            return reads.find_flag(self.key, environment)

    def history(self) -> list[str]:
        """Return what was done, newest first."""
        with as_platform(self.pat):
            return [one.act for one in reads.list_versions(self.key).items]

    def newest(self) -> str:
        """Return the id of the newest change."""
        with as_platform(self.pat):
            return reads.list_versions(self.key).items[0].id

    def enable(self, percentage: int = 100_000) -> None:
        """Switch it on for a share, past the pages."""
        with as_platform(self.pat):
            service.set_percentage(self.key, percentage)
            service.enable(self.key)

    def allow(self, *targets: str) -> None:
        """Put targets on the allow list, past the pages."""
        with as_platform(self.pat):
            service.allow(self.key, *targets)


@pytest.fixture
def flag_of(pat: Person) -> Callable[..., Shown]:
    """Make a flag."""
    return lambda **fields: Shown(pat, **fields)
