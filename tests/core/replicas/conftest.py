"""A primary with a streaming replica, and an app on both, once for these tests."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app import create_app
from app.core.replicas.rotation import Replica
from app.core.replicas.watch import watch_of
from tests.replicating import Pair, replicating
from tests.services import Services
from tests.site import wait_for
from tests.stage import environment_for, let_go, settings_from, take_process
from tests.world import World, kept_superuser


@pytest.fixture(scope="session")
def pair(services: Services) -> Iterator[Pair]:
    """The two clusters."""
    with replicating(services) as running:
        yield running


@pytest.fixture(scope="session")
def followed(
    pair: Pair, services: Services, worker_number: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    """An app whose reads may go to the replica."""
    environment = environment_for(pair.urls, services.worker_redis_url(worker_number), tmp_path_factory.mktemp("pair"))
    made = create_app(settings_from({**environment, "REDIS_BUDGET_MS": "2000", "REPLICA_LAG_S": "3"}))
    watch_of(made).ensure_started()
    yield made
    watch_of(made).stop()
    let_go(made)


@pytest.fixture
def app(followed: Flask, pair: Pair) -> Iterator[Flask]:
    """The app, with a replica that is fit as the test begins and mended after it."""
    take_process(followed)
    wait_for(lambda: replica_of(followed).is_fit, limit_s=60, say=lambda: replica_of(followed).reason)
    yield followed
    if pair.replica.process is None:
        pair.replica.start()
    pair.resume()


@pytest.fixture
def superuser_url(pair: Pair) -> str:
    """The primary's."""
    return pair.superuser_url


@pytest.fixture
def world(app: Flask, pair: Pair) -> World:
    """A maker of companies in the primary."""
    return World(app, kept_superuser(pair.superuser_url))


def replica_of(app: Flask) -> Replica:
    """The one replica of the app."""
    (one,) = watch_of(app).rotation.replicas
    return one
