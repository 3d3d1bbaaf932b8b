"""kill -9 of who moves files, twice, while people go on writing: nothing lost, nothing back from the dead, every byte the same.

MOVE_FILES makes it as large as one likes.
"""

import hashlib
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from app.core.installation import installation
from app.storage import mirroring
from app.storage.migrating import service
from app.storage.migrating.runner import Ended, run
from app.storage.models import Migration
from app.storage.reads.files import look_for_file
from app.storage.service import deleting
from app.storage.service.opening import open_file
from app.storage.service.trash import purge, trash
from tests.site import wait_for
from tests.storage import servers
from tests.storage.migrating.conftest import look
from tests.storage.servers import Server
from tests.storage.shelf import is_counted_exactly, keys_at, put_file
from tests.world import Person

FILES = int(os.environ.get("MOVE_FILES", "240"))
ROOT = Path(__file__).parents[3]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(places: Flask, environment: dict[str, str], seaweed: Server, bucket: str) -> Start:
    """Start a command in a process of its own, which a test may kill."""
    settings = {name.upper(): value for name, value in servers.settings_of(seaweed, bucket).items()}
    settings["UPLOAD_DIR"] = str(places.config["SETTINGS"].upload_dir)

    def begin(*words: str) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-m", "flask", "--app", "app:create_app", "storage", *words]
        env = {**os.environ, **environment, **settings, "ENABLE_JOB_QUEUES": "false"}
        return subprocess.Popen(argv, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    return begin


class People:
    """Those who write while files move: they keep what must be there, and what must not."""

    def __init__(self, ada: Person) -> None:
        self.ada, self.dice = ada, random.Random(7)
        self.there: dict[str, str] = {}
        self.gone: set[str] = set()

    def add(self, count: int) -> None:
        """Store some files."""
        for number in range(count):
            body = self.dice.randbytes(self.dice.randrange(1, 3_000)).hex().encode()
            row = put_file(f"{number}.txt", body)
            self.there[row.id] = hashlib.sha256(body).hexdigest()

    def remove(self, count: int) -> None:
        """Delete some for good, wherever they are at this moment."""
        ids = self.dice.sample(sorted(self.there), count)
        trash(ids)
        purge(ids)
        for one in ids:
            self.gone.add(one)
            del self.there[one]

    def act(self) -> None:
        """Do a little of everything."""
        with self.ada.acting():
            self.add(4)
            self.remove(4)
            deleting.delete_due()

    def check(self, provider: str) -> None:
        """Every file is where it should be, byte for byte, and no other object is left."""
        with self.ada.acting():
            keys = set()
            for file_id, digest in self.there.items():
                row = look_for_file(file_id)
                assert row is not None
                assert row.provider == provider, file_id
                with open_file(row) as pieces:
                    assert hashlib.sha256(b"".join(pieces)).hexdigest() == digest
                keys.add(row.key)
            assert all(look_for_file(one) is None for one in self.gone)
            assert keys_at(provider) == keys


def test_two_kills_and_live_writes_lose_nothing(
    places: Flask, ada: Person, start: Start, superuser_url: str
) -> None:  # fmt: skip
    people = People(ada)
    with ada.acting():
        people.add(FILES)
    sql = psycopg.connect(superuser_url, autocommit=True)

    def copied() -> int:
        row = sql.execute(
            "SELECT count(*) FROM storage_moves m WHERE company_id = %s AND state <> 'waiting'", (ada.company_id,)
        ).fetchone()
        return row[0] if row else 0

    first = start("migrate", "--to", "s3", "--company", ada.company_slug, "--limit-objects", str(max(FILES // 20, 12)))
    people.act()
    wait_for(lambda: copied() > FILES // 20 or first.poll() is not None, limit_s=120)
    first.kill()
    assert first.wait() != 0
    seen = copied()
    assert seen < FILES
    migration_id = newest(sql)
    people.act()
    second = start("migration", "resume", migration_id)
    people.act()
    wait_for(lambda: copied() > seen + FILES // 20 or second.poll() is not None, limit_s=120)
    second.kill()
    assert second.wait() != 0
    with places.app_context(), installation():
        service.limit(migration_id, {"objects_per_s": 0, "verify_percent": 100})
    people.act()
    assert work(places, migration_id).phase == "ready"
    people.act()
    with places.app_context(), installation():
        service.switch(migration_id, "all is well")
    assert work(places, migration_id).phase == "soaking"
    with ada.acting():
        deleting.delete_due()
    people.check("s3")
    back(places, migration_id)
    with ada.acting():
        mirroring.catch_up()
        deleting.delete_due()
    people.check("local")
    assert is_counted_exactly(superuser_url, ada.company_id)


def newest(sql: "psycopg.Connection[tuple[str]]") -> str:
    """Return the id of the newest migration."""
    row = sql.execute("SELECT id FROM storage_migrations ORDER BY id DESC LIMIT 1").fetchone()
    assert row is not None
    return row[0]


def work(places: Flask, migration_id: str) -> Migration:
    """See a migration through until it rests."""
    with places.app_context():
        assert run(migration_id) is Ended.RESTS
    return look(places, migration_id)


def back(places: Flask, migration_id: str) -> None:
    """Take it back."""
    with places.app_context(), installation():
        service.roll_back(migration_id, "a drill")
    assert work(places, migration_id).phase == "rolled-back"
