"""A real pair of clusters by streaming replication: a copy of the run's cluster, and what follows it."""

import fcntl
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from app.core.embedded import roles
from app.core.embedded.place import Place, find_place
from app.core.embedded.ports import LOOPBACK, find_free_port
from app.core.embedded.postgres import SUPERUSER, Postgres, server_environ
from tests.services import FOLDER_PREFIX, Services, copy_folder
from tests.site import wait_for
from tests.stage import TEMPLATE

REPLICATING = "wal_level = replica\nmax_wal_senders = 4\nhot_standby = on\nmax_standby_streaming_delay = 0\n"
FOLLOWERS = f"host replication {SUPERUSER} {LOOPBACK}/32 scram-sha-256\n"


class Cluster(Postgres):
    """A throw-away cluster that can be followed, and can follow."""

    def _write(self, name: str, text: str) -> None:
        super()._write(name, text + {"postgresql.conf": REPLICATING, "pg_hba.conf": FOLLOWERS}.get(name, ""))

    def ask(self, statement: Any, database: str = "postgres") -> Any:
        """Send a statement as superuser and return its first value."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def kill(self) -> None:
        """End it as a machine that loses its power does."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)
        self.process = None


@dataclass
class Pair:
    """A primary and a replica.

    Attributes:
        urls: The settings of every login, DATABASE_REPLICA_URLS among them.
        superuser_url: Of the primary's database.
    """

    primary: Cluster
    replica: Cluster
    urls: dict[str, str]
    superuser_url: str

    def pause(self) -> None:
        """Let the replica receive and not replay."""
        self.replica.ask("SELECT pg_wal_replay_pause()")
        wait_for(lambda: self.replica.ask("SELECT pg_get_wal_replay_pause_state()") == "paused", limit_s=30)

    def resume(self) -> None:
        """Let it replay again."""
        self.replica.ask("SELECT pg_wal_replay_resume()")

    def catch_up(self) -> None:
        """Wait until the replica has all that the primary has."""
        position = self.primary.ask("SELECT pg_current_wal_lsn()")
        wait_for(lambda: self.replica.ask(f"SELECT pg_last_wal_replay_lsn() >= '{position}'"), limit_s=30)


@contextmanager
def replicating(services: Services) -> Iterator[Pair]:
    """Run a pair until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    folder.chmod(0o711)
    lock = (folder / "lock").open("w")  # says to other runs that this folder is no leftover
    fcntl.flock(lock, fcntl.LOCK_EX)
    primary = _cluster(folder / "primary")
    copy_folder(Path(services.addresses.mould), primary.folder)
    replica = _cluster(folder / "replica")
    try:
        primary.start()
        _copy(primary, replica)
        replica.start()
        urls = roles.role_urls(primary.url(), TEMPLATE, services.addresses.passwords)
        urls["DATABASE_REPLICA_URLS"] = f"postgresql://{LOOPBACK}:{replica.port}"
        yield Pair(primary, replica, urls, primary.url(TEMPLATE))
    finally:
        for one in (replica, primary):
            one.stop()
        shutil.rmtree(folder, ignore_errors=True)
        lock.close()


def _cluster(folder: Path) -> Cluster:
    folder.mkdir()
    folder.chmod(0o711)
    place: Place = find_place(folder)
    return Cluster(replace(place), find_free_port(), "superuser", is_durable=False)


def _copy(primary: Cluster, replica: Cluster) -> None:
    """Take a base backup that follows its source."""
    account = primary.place.account
    account.own(replica.folder.parent)
    identity = account.identity()
    subprocess.run(
        [str(primary.place.postgres_bin / "pg_basebackup"), "--pgdata", str(replica.folder)]
        + ["--dbname", primary.url(), "--write-recovery-conf", "--checkpoint=fast"]
        + ["--no-sync"],
        env=server_environ(),
        cwd=replica.folder.parent,
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
        check=True,
    )
