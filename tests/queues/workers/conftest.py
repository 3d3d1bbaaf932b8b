"""A real worker of our own, without a relay and without pages, and the asking of it."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen

import pytest
from flask import Flask

from app.core.ids import new_ulid
from app.queues.workers import watch
from app.queues.workers.model import Snapshot, WorkerFacts
from tests.site import Site, wait_for
from tests.stage import Stage

START_LIMIT_S = 90


class Crew:
    """Starts workers and ends them.

    Attributes:
        workers: Node → its process.
    """

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.site = Site("", dict(stage.environment), folder)
        self.workers: dict[str, Popen[bytes]] = {}

    def start(self, *options: str) -> str:
        """Start a worker with two slots and return its node."""
        node = f"{new_ulid().lower()}@test"
        command = ("celery", "-A", "app.worker", "worker", "-n", node, "--concurrency", "2", "--loglevel", "WARNING")
        self.workers[node] = self.site.start(node, *command, "--without-gossip", "--without-mingle", *options)
        return node

    def stop(self) -> None:
        """End them, also those that are held."""
        for process in self.workers.values():
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
        self.site.stop()


@pytest.fixture(scope="module")
def crew(quiet_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    """Who starts workers."""
    made = Crew(quiet_stage, tmp_path_factory.mktemp("crew"))
    yield made
    made.stop()


@pytest.fixture
def look(app: Flask) -> Callable[[], Snapshot]:
    """Ask every worker, as the relay does."""

    def run() -> Snapshot:
        with app.app_context():
            return watch.look()

    return run


@pytest.fixture(scope="module")
def hired(crew: Crew) -> str:
    """A worker that the tests of a file share."""
    return crew.start()


@pytest.fixture
def node(hired: str, crew: Crew, look: Callable[[], Snapshot]) -> str:
    """Its name, once it answers whole."""

    def answers() -> bool:
        found = look().find(hired)
        return found is not None and found.slots > 0 and found.queues != [] and found.registered != []

    wait_for(answers, limit_s=START_LIMIT_S, say=lambda: crew.site.log(hired))
    return hired


@pytest.fixture
def see(look: Callable[[], Snapshot]) -> Callable[[str], WorkerFacts]:
    """Ask anew, and return what one worker said."""

    def run(node: str) -> WorkerFacts:
        found = look().find(node)
        assert found is not None
        return found

    return run
