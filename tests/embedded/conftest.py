"""A home and servers of a test's own."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.embedded.place import Place, find_place
from app.core.embedded.ports import find_free_port
from app.core.embedded.postgres import Postgres
from app.core.embedded.valkey import Valkey


@pytest.fixture
def home() -> Iterator[Path]:
    """A home the servers' user can enter; as root it cannot enter pytest's own folders."""
    folder = Path(tempfile.mkdtemp(prefix="quarterdeck-home-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place(home: Path) -> Place:
    return find_place(home)


@pytest.fixture
def postgres(place: Place) -> Iterator[Postgres]:
    """A server that is safe against crashes, as bin/up runs it."""
    server = Postgres(place, find_free_port(), "superuser")
    yield server
    server.stop()


@pytest.fixture
def valkey(place: Place) -> Iterator[Valkey]:
    server = Valkey(place, find_free_port(), "password")
    yield server
    server.stop()
