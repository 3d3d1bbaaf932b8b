"""A drill looks at the whole database: each of these tests has one of its own, without what others leave in theirs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services import Services
from tests.stage import Stage, build_stage

FREE = 2  # Valkey databases: those below are the quiet stages', the live ones' begin at 8


@pytest.fixture
def stage(services: Services, worker_number: int, tmp_path: Path) -> Iterator[Stage]:
    """Where nobody else has files."""
    yield from build_stage(services, worker_number + FREE, tmp_path / "home")
