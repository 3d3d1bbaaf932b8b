"""Crews of real processes on this run's Valkey, or on one that a test may freeze and kill."""

from collections.abc import Iterator

import pytest
from redis import Redis

from app.core.embedded.place import find_place
from app.core.embedded.ports import find_free_port
from app.core.embedded.valkey import Valkey
from app.core.ids import new_ulid
from tests.breakers.fleet.crew import Crew, running_crew


@pytest.fixture(scope="module")
def eight(services, worker_number) -> Iterator[Crew]:
    """Eight processes; tests use breakers of their own."""
    with running_crew(services.worker_redis_url(worker_number), 8) as crew:
        yield crew


@pytest.fixture
def pair(redis_url) -> Iterator[Crew]:
    """Two processes a test may kill."""
    with running_crew(redis_url, 2) as crew:
        yield crew


@pytest.fixture
def name() -> str:
    """A breaker nobody else uses."""
    return f"test-{new_ulid()}"


@pytest.fixture
def valkey(services, tmp_path_factory) -> Iterator[Valkey]:
    """A server of one's own."""
    folder = tmp_path_factory.mktemp("valkey")
    for above in (folder, folder.parent):
        above.chmod(0o755)
    server = Valkey(find_place(folder), find_free_port(), "valkey", is_durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(redis_url) -> Iterator[Redis]:
    """A look behind the scenes."""
    with Redis.from_url(redis_url) as found:
        yield found
