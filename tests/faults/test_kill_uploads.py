"""kill -9 at every step of an upload and of a deletion: after reaping, rows, objects and what was counted agree."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from flask import Flask

from app.core import clock
from app.core.cleaning import remove_drafts
from app.storage import providers
from app.storage.service import reaping
from app.storage.service.opening import open_bytes
from app.storage.states import State
from tests.faults.dying_uploader import POINTS
from tests.storage import azurite, servers
from tests.storage.conftest import app_with  # noqa: F401 (fixture)
from tests.storage.servers import Server
from tests.storage.shelf import digest, is_counted_exactly, keys_at, rows_of_company
from tests.world import Person

ROOT = Path(__file__).parent.parent.parent
SURVIVE = {
    "settle-after-commit": State.READY, "complete-uploaded": State.READY, "complete-while-reading": State.READY,
    "trash-before-commit": State.READY, "trash-after-commit": State.TRASHED,
}  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """At each provider; Azurite where it can be had, which the end of the run says."""
    metafunc.parametrize("settings", ["local", "s3", *([] if azurite.why_not() else ["azure-blob"])], indirect=True)


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Where the bytes go; a server runs for this test alone."""
    start = {"s3": servers.start_seaweed, "azure-blob": azurite.start_azurite}.get(request.param)
    if start is None:
        yield {"storage_provider": "local"}
        return
    server = start()
    told = servers.settings_of(server) if request.param == "s3" else azure_settings(server)
    yield {"storage_provider": request.param, **told}
    server.stop()


def azure_settings(server: Server) -> dict[str, str]:
    about = server.about
    return {
        "azure_storage_connection_string": about["connection"], "azure_storage_container": about["container"]
    }  # fmt: skip


@pytest.mark.slow
def test_whatever_dies_leaves_nothing_half(
    ada: Person,
    settings: dict[str, str],
    app_with: Callable[..., Flask],  # noqa: F811 (fixture)
    environment: dict[str, str],
    superuser_url: str,
    tmp_path: Path,
) -> None:
    uploads = tmp_path / "uploads"
    uploads.mkdir()
    app_with(upload_dir=uploads, **settings)
    given = {name.upper(): value for name, value in settings.items()} | {"UPLOAD_DIR": str(uploads)}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.faults.dying_uploader", str(ada.company_id)],
        cwd=ROOT, env={**os.environ, **environment, **given}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    ends = dict(line.rsplit(" ", 1) for line in ended.stdout.splitlines())
    assert ends == dict.fromkeys(POINTS, str(int(signal.SIGKILL))), ended.stderr[-3000:]
    provider = settings["storage_provider"]
    with ada.acting():
        settle_everything(ada)
        rows, keys = rows_of_company(), keys_at(provider)
        assert {row.file_name.removesuffix(".txt"): row.state for row in rows} == SURVIVE
        assert {row.key for row in rows} == keys, "a row without an object, or an object without a row"
        assert list(providers.provider(provider).list_multiparts(f"{ada.company_id}/")) == []
        for row in rows:
            with open_bytes(row) as pieces:
                assert digest(b"".join(pieces)) == row.sha256, row.file_name
        assert list((uploads / "spool").iterdir()) == []
        assert drafts_left(uploads) == []
    assert is_counted_exactly(superuser_url, ada.company_id)


def settle_everything(person: Person) -> None:
    """Let the relay do its duty two days later. The rows get older, not the clock: a provider would refuse its requests."""
    for _ in range(2):
        person.world.sql.execute(
            "UPDATE stored_files SET expires_at = expires_at - interval '2 days', "
            "not_before = not_before - interval '2 days' WHERE company_id = %s", (person.company_id,),
        )  # fmt: skip
        reaping.reap()


def drafts_left(uploads: Path) -> list[Path]:
    """Return what writing left behind below the folder, once the clean-up has been there."""
    with time_machine.travel(clock.now() + timedelta(days=1)):
        remove_drafts(clock.now())
    return [path for path in uploads.rglob("*") if path.is_file() and "objects" not in path.parts]
