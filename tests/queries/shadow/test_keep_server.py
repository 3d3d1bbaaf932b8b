"""The shadow's server: started by whoever first needs it, shared, and gone with its last user or when nobody asks."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from app.queries.explain.problems import ShadowAway
from app.queries.shadow import server
from app.queries.shadow.cluster import shadow
from app.queries.shadow.server import folder_of, look, reach
from config import Settings
from tests.site import wait_for

ELSEWHERE = """
import os, sys
from pathlib import Path
from app.queries.shadow.server import reach
class Settings:
    quarterdeck_home = Path(sys.argv[1])
print(reach(Settings()).port, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def own(app: Flask, tmp_path: Path) -> Iterator[Settings]:
    """Settings of a home whose shadow nobody else uses."""
    settings = app.config["SETTINGS"].model_copy(update={"quarterdeck_home": tmp_path})
    yield settings
    for leash in list(server._leashes):
        if str(folder_of(settings)) in str(leash.args):
            leash.stdin.close()
            leash.wait(20)


def is_up(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2):
            return True
    except psycopg.Error:
        return False


def test_who_comes_second_finds_it_running(own: Settings):
    first = reach(own)
    assert reach(own) == first
    assert look(folder_of(own)) == first


def test_it_ends_with_whoever_started_it_however_that_ended(own: Settings):
    starter = subprocess.Popen(
        [sys.executable, "-c", ELSEWHERE, str(own.quarterdeck_home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )  # fmt: skip
    assert starter.stdout is not None
    assert starter.stdout.readline().strip().isdigit()
    found = look(folder_of(own))
    assert found is not None
    starter.kill()
    starter.wait()
    wait_for(lambda: not is_up(found.url()))
    wait_for(lambda: not Path(found.folder).exists())
    assert reach(own).port != found.port  # and the next one who asks gets another


def test_it_ends_when_nobody_asks_for_a_while(own: Settings):
    found = reach(own, idle_s=1.0)
    wait_for(lambda: not is_up(found.url()))
    wait_for(lambda: not Path(found.folder).exists())


def test_a_server_that_was_killed_is_replaced(own: Settings):
    found = reach(own)
    pid = int((found.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, 9)
    wait_for(lambda: not is_up(found.url()))
    assert is_up(reach(own).url())


def test_its_address_is_read_by_its_owner_alone_and_its_log_holds_no_text(own: Settings):
    found = reach(own)
    address = folder_of(own) / "address.json"
    assert address.stat().st_mode & 0o077 == 0
    assert json.loads(address.read_text())["password"] == found.password
    with psycopg.connect(found.url()) as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT 'canary-91' FROM nothing")
    assert "canary-91" not in (Path(found.folder) / "log").read_text()


def test_somebody_elses_folder_in_its_place_is_left_alone(own: Settings, tmp_path: Path):
    folder = folder_of(own)
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(ShadowAway):
            reach(own)
    finally:
        folder.unlink()


def test_programs_of_another_version_are_said(app: Flask, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.queries.shadow.source.MAJOR_VERSION", "16")
    with app.app_context(), pytest.raises(ShadowAway) as caught, shadow():
        pass
    assert "programs here are 16" in caught.value.sentence


def test_a_change_of_the_schema_is_there_at_once(app: Flask, superuser_url: str):
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        with app.app_context(), shadow() as s:
            assert "Index Scan" not in str(s.plan("SELECT 1 FROM event_epoch WHERE epoch = $1"))
        connection.execute("CREATE TABLE made_now (id bigint PRIMARY KEY); GRANT SELECT ON made_now TO qd_app")
        try:
            with app.app_context(), shadow() as s:
                assert "made_now_pkey" in str(s.plan("SELECT 1 FROM made_now WHERE id = $1"))
        finally:
            connection.execute("DROP TABLE made_now")
