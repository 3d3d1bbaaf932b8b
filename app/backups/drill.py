"""A restore drill: the newest backup into an empty server of its own, and every count compared."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from flask import current_app

from app.backups.dump import count_rows
from app.backups.manifest import Manifest
from app.backups.problems import NoBackup
from app.backups.programs import ProgramFailed, complaint, find_program, login
from app.backups.store import digest, fetched, list_backups
from app.core import tasks
from app.core.embedded import roles
from app.core.embedded.place import find_place
from app.core.embedded.ports import find_free_port
from app.core.embedded.postgres import Postgres
from config import Settings

DATABASE = "drill"
STEPS = 4
MOST_DIFFERENCES = 50


@dataclass
class Finding:
    """What a drill found.

    Attributes:
        differences: What is not as the manifest says, a sentence each.
    """

    backup: str
    tables: int = 0
    rows: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """True when everything came back."""
        return not self.differences

    @property
    def verdict(self) -> str:
        """A sentence."""
        if self.is_good:
            return f"{self.backup} restores: {self.tables:,} tables with {self.rows:,} rows came back, as many as were written."
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


def drill(manifest: Manifest) -> Finding:
    """Restore a backup into an empty server, which is thrown away, and compare. Inside `installation()`."""
    finding = Finding(manifest.name)
    tasks.progress(0, STEPS, "Reading the file")
    with fetched(manifest.name) as path:
        if digest(path) != manifest.sha256:
            finding.differences.append("the file is not the one that was written; its SHA-256 differs.")
            return finding
        tasks.progress(1, STEPS, "Starting an empty server")
        with empty_server() as url:
            tasks.progress(2, STEPS, "Restoring")
            try:
                restore(path, url)
            except ProgramFailed as error:
                finding.differences.append(f"it cannot be restored. {error}")
                return finding
            tasks.progress(3, STEPS, "Counting")
            with psycopg.connect(url) as connection:
                found = count_rows(connection)
    finding.tables, finding.rows = len(found), sum(found.values())
    finding.differences = compare(manifest.tables, found)
    tasks.progress(STEPS, STEPS, "Compared")
    return finding


def compare(written: dict[str, int], found: dict[str, int]) -> list[str]:
    """Return what differs, a sentence each."""
    return [
        f"{name} held {written.get(name, 'no')} rows and came back with {found.get(name, 'no')}."
        for name in sorted({*written, *found})
        if written.get(name) != found.get(name)
    ][:MOST_DIFFERENCES]


@contextmanager
def empty_server() -> Iterator[str]:
    """Run an empty PostgreSQL with our roles and an empty database; give the superuser's address of that."""
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
        yield server.url(DATABASE)
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
