"""Where new files go, and how it is changed for every process at once."""

import io
from collections.abc import Callable

import pytest
from flask import Flask

from app.core.tenancy import system_work
from app.storage import providers, routing
from app.storage.problems import ProviderNotSetUp
from tests.storage.servers import Server, settings_of

KEY = "1/temp/aa/aaaaaaaaaaaaaaaaaaaaaaaaaa"


def test_files_go_where_the_settings_say(app_with: Callable[..., Flask]) -> None:
    with app_with().app_context(), system_work():
        assert routing.writes_to() == "local"
        assert routing.mirrors_to() == ""
        assert providers.configured() == ["local"]


def test_a_change_holds_at_once_and_can_be_taken_back(app_with: Callable[..., Flask], rclone: Server) -> None:
    with app_with(**settings_of(rclone)).app_context():
        assert providers.configured() == ["local", "s3"]
        routing.change(writes_to="s3", mirrors_to="local", reason="moving")
        try:
            assert (routing.writes_to(), routing.mirrors_to()) == ("s3", "local")
        finally:
            routing.change(writes_to="", mirrors_to="", reason="")
        assert (routing.writes_to(), routing.mirrors_to()) == ("local", "")


def test_a_provider_without_settings_is_named_with_what_it_needs(app_with: Callable[..., Flask]) -> None:
    with app_with().app_context():
        with pytest.raises(ProviderNotSetUp, match="AWS_S3_BUCKET"):
            routing.change(writes_to="s3", mirrors_to="", reason="")
        with pytest.raises(ProviderNotSetUp):
            providers.provider("floppy")
        assert routing.writes_to() == "local"


def test_the_provider_of_the_settings_takes_files(seaweed_app: Flask) -> None:
    with seaweed_app.app_context():
        found = providers.provider(routing.writes_to())
        found.put(KEY, io.BytesIO(b"hello"), size_bytes=5, content_type="text/plain")
        with found.open(KEY) as pieces:
            assert b"".join(pieces) == b"hello"
        assert found is providers.provider("s3")
        providers.reset()
        assert found is not providers.provider("s3")
