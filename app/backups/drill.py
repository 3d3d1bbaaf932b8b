"""A restore drill: the newest backup into an empty server of its own, everything in it compared, and the product started there."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from flask import current_app

from app.backups import objects, soundness, tryout
from app.backups.dump import count_rows
from app.backups.manifest import Manifest
from app.backups.problems import NoBackup
from app.backups.programs import ProgramFailed, complaint, find_program, login
from app.backups.shape import compare_shapes, shape_of
from app.backups.store import digest, fetched, list_backups, shape_written
from app.core import tasks
from app.core.db import give_back
from app.core.embedded import roles
from app.core.embedded.place import find_place
from app.core.embedded.ports import find_free_port
from app.core.embedded.postgres import Postgres
from config import Settings

DATABASE = "drill"
STEPS = 8
MOST_DIFFERENCES = 50


@dataclass
class Step:
    """One part of a drill, and the seconds it took."""

    name: str
    seconds: float


@dataclass
class Finding:
    """What a drill found.

    Attributes:
        differences: What is not as it was or should be, a sentence each.
        steps: What was done, in order.
        is_started: The product was started there.
    """

    backup: str
    tables: int = 0
    rows: int = 0
    differences: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    is_started: bool = True

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Do one part and note what it took; no transaction of ours stays open meanwhile."""
        give_back()
        tasks.progress(len(self.steps), STEPS, name)
        began, step = time.monotonic(), Step(name, 0.0)
        yield step
        give_back()
        step.seconds = round(time.monotonic() - began, 2)
        self.steps.append(step)

    @property
    def is_good(self) -> bool:
        """True when everything came back."""
        return not self.differences

    @property
    def verdict(self) -> str:
        """A sentence."""
        if self.is_good:
            return (
                f"{self.backup} restores: {self.tables:,} tables with {self.rows:,} rows came back, as many as were written, with their keys, policies, rights and events"
                + ("; the product starts on it." if self.is_started else ".")
            )
        return f"{self.backup} does not restore as it was written: {self.differences[0]}"


def find_newest() -> Manifest:
    """Return the newest backup.

    Raises:
        NoBackup: There is none.
    """
    backups = list_backups()
    if not backups:
        raise NoBackup
    return backups[0]


def drill(manifest: Manifest, *, is_started: bool = True) -> Finding:
    """Restore a backup into an empty server, which is thrown away, and look at it. Inside `installation()`.

    Args:
        manifest: What it should hold.
        is_started: Also start the product there and sign in.
    """
    finding = Finding(manifest.name, is_started=is_started)
    with fetched(manifest.name) as path:
        with finding.step("Reading the file"):
            if digest(path) != manifest.sha256:
                finding.differences.append("the file is not the one that was written; its SHA-256 differs.")
                return finding
        with ExitStack() as server:
            with finding.step("Starting an empty server"):
                copy = server.enter_context(empty_server())
            try:
                with finding.step("Restoring"):
                    restore(path, copy.url)
                look(finding, manifest, copy)
            except ProgramFailed as error:
                finding.differences.append(f"it cannot be restored. {error}")
    tasks.progress(STEPS, STEPS, "Compared")
    return finding


def look(finding: Finding, manifest: Manifest, copy: "Copy") -> None:
    """Compare what was restored with what was written, and start the product on it."""
    with psycopg.connect(copy.url) as connection:
        with finding.step("Counting rows"):
            found = count_rows(connection)
            finding.tables, finding.rows = len(found), sum(found.values())
            finding.differences += compare(manifest.tables, found)
        with finding.step("Comparing keys, policies and rights") as step:
            written = shape_written(manifest.name)
            finding.differences += compare_shapes(written, shape_of(connection)) if written else []
            finding.differences += soundness.find_loose_keys(connection) + soundness.find_open_tables(connection)
            step.name += f": {soundness.count_keys(connection):,} foreign keys"
        with finding.step("Following sequences and events"):
            finding.differences += soundness.find_low_sequences(connection) + soundness.find_gaps(connection)
        with finding.step("Looking for files") as step:
            number, lost = objects.find_lost(connection)
            finding.differences += lost
            step.name += f": {number:,} looked up"
    if finding.is_started:
        with finding.step("Migrating, starting the product, signing in"):
            finding.differences += start_on(copy)
    del finding.differences[MOST_DIFFERENCES:]


def start_on(copy: "Copy") -> list[str]:
    """Migrate the copy, start the product there and sign in; return what does not work."""
    environment = tryout.environment_of(current_app.config["SETTINGS"], copy.urls, copy.folder)
    tryout.migrate(environment)
    with psycopg.connect(copy.url, autocommit=True) as connection:
        somebody = tryout.choose_somebody(connection)
    with tryout.running_app(environment, copy.folder) as port:
        return tryout.try_login(port, *somebody) if somebody else []


def compare(written: dict[str, int], found: dict[str, int]) -> list[str]:
    """Return what differs, a sentence each."""
    return [
        f"{name} held {written.get(name, 'no')} rows and came back with {found.get(name, 'no')}."
        for name in sorted({*written, *found})
        if written.get(name) != found.get(name)
    ][:MOST_DIFFERENCES]


@dataclass(frozen=True)
class Copy:
    """An empty database on a server of its own.

    Attributes:
        url: The superuser's address.
        urls: Our settings, with the addresses of every role.
        folder: Thrown away with it.
    """

    url: str
    urls: dict[str, str]
    folder: Path


@contextmanager
def empty_server() -> Iterator[Copy]:
    """Run an empty PostgreSQL with our roles and an empty database."""
    folder = Path(tempfile.mkdtemp(prefix="quarterdeck-drill-"))
    folder.chmod(0o711)  # the servers' own account must get through
    place = find_place(folder)
    passwords = roles.make_passwords()
    server = Postgres(place, find_free_port(), passwords["qd_owner"], is_durable=False)
    try:
        server.start()
        with psycopg.connect(server.url(), autocommit=True) as connection:
            for role in roles.ROLES:
                roles.ensure_role(connection, role, passwords[role.name])
            connection.execute(f"CREATE DATABASE {DATABASE} OWNER {roles.OWNER} TEMPLATE template0")
        urls = roles.role_urls(server.url(), DATABASE, passwords)
        yield Copy(server.url(DATABASE), urls, folder)
    finally:
        server.stop()
        for used in {folder, server.folder}:
            shutil.rmtree(used, ignore_errors=True)


def restore(path: Path, url: str) -> None:
    """Run pg_restore; the first error ends it.

    Raises:
        ProgramFailed: It could not.
    """
    settings: Settings = current_app.config["SETTINGS"]
    address, environment = login(url)
    command = [
        find_program(settings, "pg_restore"),
        "--exit-on-error",
        "--no-password",
        f"--dbname={address}",
        str(path),
    ]
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        raise complaint("pg_restore", done, done.stderr)
