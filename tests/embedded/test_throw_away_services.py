"""The servers of a test run end with it, however it ends."""

import json
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests import services as servers
from tests.site import wait_for

START = """
import json, signal, sys, pathlib
from tests.services import start_services
running = start_services(pathlib.Path(sys.argv[1]))
print(json.dumps(running.describe()), flush=True)
signal.pause()
"""


def test_a_killed_run_leaves_no_server_and_the_next_removes_its_folder(home):
    with subprocess.Popen(
        [sys.executable, "-c", START, str(home)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as run:
        url = json.loads(run.stdout.readline())["postgres_url"]
        psycopg.connect(url).close()
        run.kill()

    def is_gone():
        try:
            psycopg.connect(url, connect_timeout=1).close()
        except psycopg.OperationalError:
            return True
        return False

    wait_for(is_gone)
    left = list(home.glob(f"{servers.FOLDER_PREFIX}*"))
    assert len(left) == 1
    following = servers.start_services(home)
    try:
        assert not left[0].exists()
    finally:
        following.stop()
    assert list(home.glob(f"{servers.FOLDER_PREFIX}*")) == []


def test_another_process_uses_them_by_their_description(services):
    view = servers.attach(json.loads(json.dumps(services.describe())))
    urls = view.create_database()
    dbname = urls["DATABASE_URL"].rpartition("/")[2]
    with psycopg.connect(urls["DATABASE_URL"]) as connection:
        assert connection.info.dbname == dbname
    view.drop_database(dbname)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(urls["DATABASE_URL"])
    view.stop()
    psycopg.connect(services.addresses.postgres_url).close()
