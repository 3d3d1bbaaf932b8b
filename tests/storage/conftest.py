"""Places for bytes: this disk, SeaweedFS, rclone's S3 server, Azurite; and an app whose settings point at one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr

from app.storage import providers
from config import Settings
from tests.storage import azurite as azure
from tests.storage import servers
from tests.storage.servers import Server


@pytest.fixture(scope="session")
def seaweed() -> Iterator[Server]:
    """SeaweedFS, one for all tests of this process."""
    server = servers.start_seaweed()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def rclone() -> Iterator[Server]:
    """rclone's S3 server, which checks little."""
    server = servers.start_rclone()
    yield server
    server.stop()


@pytest.fixture
def bucket(seaweed: Server) -> str:
    """A fresh bucket at SeaweedFS."""
    return servers.make_bucket(seaweed)


@pytest.fixture
def app_with(app: Flask, tmp_path: Path) -> Iterator[Callable[..., Flask]]:
    """Point the app at other places for the time of a test: `app_with(storage_provider="s3", **at(seaweed))`.

    Files on disk go below the test's own folder unless `upload_dir` says otherwise.
    """
    before: Settings = app.config["SETTINGS"]

    def change(**settings: Any) -> Flask:  # Any: whatever Settings has
        given = {
            name: SecretStr(value) if name.endswith(("_key", "_key_id", "_string")) else value
            for name, value in {"upload_dir": tmp_path / "uploads", **settings}.items()
        }
        app.config["SETTINGS"] = before.model_copy(update=given)
        app.extensions.pop(providers.EXTENSION, None)
        return app

    yield change
    app.config["SETTINGS"] = before
    app.extensions.pop(providers.EXTENSION, None)


@pytest.fixture
def seaweed_app(app_with: Callable[..., Flask], seaweed: Server, bucket: str) -> Flask:
    """An app whose new files go to a fresh bucket at SeaweedFS."""
    return app_with(storage_provider="s3", **servers.settings_of(seaweed, bucket))


@pytest.fixture(scope="session")
def azurite() -> Iterator[Server]:
    """Azurite; asked for only where `azurite.why_not()` is empty."""
    server = azure.start_azurite()
    yield server
    server.stop()
