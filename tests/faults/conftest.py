"""One installation behind nginx for all tests here that harm one; each leaves it as it found it."""

from collections.abc import Iterator

import pytest

from tests.faults.house import House, running_house


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """nginx, two gunicorns with two workers each, a relay; PostgreSQL and Valkey of their own."""
    with running_house(tmp_path_factory.mktemp("house")) as running:
        yield running
