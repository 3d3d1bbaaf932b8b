"""The same from a shell: counted, moved, compared, switched, taken back, without a worker."""

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from app.storage import providers
from app.storage.reads.files import find_file
from tests.storage.shelf import keys_at, put_file
from tests.world import Person

Flask_ = Callable[..., Result]


@pytest.fixture
def flask(places: Flask) -> Flask_:
    """Run `flask storage …`."""

    def call(*words: str) -> Result:
        return places.test_cli_runner().invoke(args=["storage", *words])

    return call


def test_a_move_goes_its_way_in_a_shell(places: Flask, ada: Person, flask: Flask_) -> None:
    with ada.acting():
        one = put_file("one.txt")
    mine = ("--to", "s3", "--company", ada.company_slug)
    dry = flask("migrate", *mine, "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert "1 file, 28 B, of 1 company at local" in dry.output
    missing = flask("migrate", *mine, "--verify")
    assert (missing.exit_code, "1 file missing" in missing.output) == (1, True), missing.output
    moved = flask("migrate", *mine)
    assert moved.exit_code == 0, moved.output
    assert "1 verified" in moved.output
    assert flask("migrate", *mine, "--verify").exit_code == 0
    migration_id = moved.output.split("Migration ")[1].split(".")[0]
    assert "soaking" in flask("migration", "switch", migration_id, "--reason", "cheaper").output
    with ada.acting():
        assert find_file(one.id).provider == "s3"
    early = flask("migration", "remove", migration_id, "--typed", "local", "--reason", "done")
    assert (early.exit_code, "grace" in early.output) == (1, True), early.output
    assert "rolled-back" in flask("migration", "rollback", migration_id, "--reason", "slow").output
    assert migration_id in flask("migration", "status").output
    with ada.acting():
        assert keys_at("local") == {one.key}


def test_what_differs_ends_with_1(places: Flask, ada: Person, flask: Flask_) -> None:
    with ada.acting():
        one = put_file("one.txt")
        body = b"not what was there at all!!!"
        with (places.config["SETTINGS"].upload_dir / "other").open("wb+") as file:
            file.write(body)
            file.seek(0)
            providers.provider("s3").put(one.key, file, size_bytes=len(body), content_type="text/plain")
    compared = flask("migrate", "--to", "s3", "--company", ada.company_slug, "--verify")
    assert (compared.exit_code, "1 differ" in compared.output, one.key in compared.output) == (1, True, True)


def test_a_mistake_is_one_line(flask: Flask_) -> None:
    for words in (("--to", "local"), ("--to", "azure-blob"), ("--to", "s3", "--company", "nobody")):
        said = flask("migrate", *words)
        assert said.exit_code == 1
        assert said.output.startswith("Error: ")
