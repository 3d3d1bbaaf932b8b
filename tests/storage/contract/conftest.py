"""`place`: each provider in turn, with keys of this test's own."""

from pathlib import Path

import pytest

from app.storage.adapters.protocol import Provider
from tests.storage import azurite
from tests.storage.contract import places
from tests.storage.contract.places import KINDS, Place


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what asks for `place` at each provider, `abroad` at all but this disk; what cannot be had is said at the end of the run."""
    for name in {"place", "abroad"} & set(metafunc.fixturenames):
        kinds = [kind for kind in KINDS if kind != "azurite" or not azurite.why_not()]
        metafunc.parametrize(name, kinds[1:] if name == "abroad" else kinds, indirect=True)


@pytest.fixture(scope="session")
def made() -> dict[str, Provider]:
    """The providers of this process, made at their first use."""
    return {}


@pytest.fixture
def place(request: pytest.FixtureRequest, made: dict[str, Provider], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One provider."""
    return find(request, made, tmp_path_factory)


@pytest.fixture
def abroad(
    request: pytest.FixtureRequest, made: dict[str, Provider], tmp_path_factory: pytest.TempPathFactory
) -> Place:
    """One that serves its own signed addresses; those of this disk are ours, and tested where they are served."""
    return find(request, made, tmp_path_factory)


def find(request: pytest.FixtureRequest, made: dict[str, Provider], folders: pytest.TempPathFactory) -> Place:
    """Return the place a test runs at."""
    kind: str = request.param
    if kind not in made:
        made[kind] = make(kind, request, folders.mktemp("disk"))
    return Place(kind, made[kind], places.fresh_company())


def make(kind: str, request: pytest.FixtureRequest, folder: Path) -> Provider:
    """Return a provider; its server starts now."""
    if kind == "local":
        return places.make_local(folder)
    if kind == "azurite":
        return places.make_azure(request.getfixturevalue("azurite"))
    return places.make_s3(request.getfixturevalue("seaweed" if kind == "seaweedfs" else "rclone"))
