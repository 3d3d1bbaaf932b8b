"""Real PostgreSQL and Valkey for one test run, thrown away at its end.

The run's controller starts them and hands `describe()` to its workers, which `attach()`: one cluster for all.
"""

import fcntl
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import IO
from uuid import uuid4

import psycopg
from psycopg import sql

from app.core.embedded import roles
from app.core.embedded.place import Place, find_place
from app.core.embedded.ports import find_free_port
from app.core.embedded.postgres import Postgres
from app.core.embedded.valkey import Valkey

FOLDER_PREFIX = "quarterdeck-test-"


@dataclass(frozen=True)
class Addresses:
    """What another process needs to use the services: plain values, fit for xdist's workerinput.

    Attributes:
        mould: The folder of a cluster at rest, for those who start one of their own; empty while there is none.
    """

    postgres_url: str
    redis_url: str
    passwords: dict[str, str] = field(repr=False)
    mould: str = ""


class Services:
    """The servers of one run, or another process's view of them."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.postgres: Postgres | None = None
        self.valkey: Valkey | None = None
        self._folder: Path | None = None
        self._lock: IO[str] | None = None

    @property
    def redis_url(self) -> str:
        """Database 0 of the run's Valkey."""
        return self.addresses.redis_url

    def describe(self) -> dict[str, object]:
        """What `attach` wants, in another process."""
        return asdict(self.addresses)

    def worker_redis_url(self, number: int) -> str:
        """A database of its own for each of at most 16 test workers."""
        return f"{self.addresses.redis_url.rpartition('/')[0]}/{number % 16}"

    def create_database(self, template: str | None = None, name: str | None = None) -> dict[str, str]:
        """Make a database and return its settings (`DATABASE_URL`, `DATABASE_OWNER_URL` …).

        Args:
            template: a database to copy, schema and rows; nobody may be connected to it.
            name: a fresh one if not given.
        """
        dbname = name or f"test_{uuid4().hex[:12]}"
        roles.create_database(self.addresses.postgres_url, dbname, template)
        return roles.role_urls(self.addresses.postgres_url, dbname, self.addresses.passwords)

    def superuser_url(self, dbname: str) -> str:
        """The superuser's URL of one database, for tests that look behind row-level security."""
        return roles.database_url(self.addresses.postgres_url, dbname)

    def drop_database(self, dbname: str) -> None:
        """Drop a database, ending whoever is connected."""
        with psycopg.connect(self.addresses.postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(dbname)))

    def keep_mould(self) -> None:
        """Keep a copy of the cluster as it is now: a test that breaks one begins with that, schema and roles and all."""
        assert self.postgres is not None
        assert self.postgres.process is not None
        self.postgres.process.send_signal(signal.SIGINT)  # unlike `stop`, this leaves nothing to recover
        self.postgres.process.wait()
        mould = self.postgres.folder.with_name("mould")
        copy_folder(self.postgres.folder, mould)
        self.postgres.start()
        self.addresses = replace(self.addresses, mould=str(mould))
        _first.append(self.addresses)

    def stop(self) -> None:
        """End both servers and remove their folder; a view of another process's servers does nothing."""
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()


def attach(description: dict[str, object]) -> Services:
    """A worker's view of the services its controller started."""
    addresses = Addresses(**description)  # type: ignore[arg-type]
    _first.append(addresses)
    return Services(addresses)


_first: list[Addresses] = []  # the run's own, once they keep a mould


def start_services(parent: Path | None = None, like: Addresses | None = None) -> Services:
    """Start one throw-away cluster and one Valkey, with the roles made.

    Args:
        like: services that keep a mould; the cluster begins as its copy, and has its passwords.
        parent: where their folder goes; the system's temporary folder if not given. Not pytest's tmp_path as root:
            that one is closed to the unprivileged user the servers run as.
    """
    base = parent or Path(tempfile.gettempdir())
    _remove_leftovers(base)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX, dir=base))
    folder.chmod(0o711)
    lock = (folder / "lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    place = find_place(folder)
    postgres, valkey = _servers(place)
    passwords = like.passwords if like else roles.make_passwords()
    if like:
        copy_folder(Path(like.mould), postgres.folder)
    services = Services(Addresses(postgres.url(), valkey.url(), passwords))
    services.postgres, services.valkey, services._folder, services._lock = postgres, valkey, folder, lock
    try:
        valkey.start()
        postgres.start()
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            for role in () if like else roles.ROLES:
                roles.ensure_role(connection, role, passwords[role.name])
    except BaseException:
        services.stop()
        raise
    return services


@contextmanager
def running_services() -> Iterator[Services]:
    """Services of one's own, for a test that stops, freezes or kills them; with the run's template of a database."""
    services = start_services(like=_first[0] if _first and _first[0].mould else None)
    try:
        yield services
    finally:
        services.stop()


def _servers(place: Place) -> tuple[Postgres, Valkey]:
    return (
        Postgres(place, find_free_port(), "superuser", is_durable=False),
        Valkey(place, find_free_port(), "valkey", is_durable=False),
    )


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder with the owners of its files."""
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _remove_leftovers(base: Path) -> None:
    """Remove folders of runs that were killed: their servers died with them, their lock is free."""
    for folder in base.glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError), (folder / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
