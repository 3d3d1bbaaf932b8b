"""Making a backup: every table counted and dumped in one snapshot, with a login that may only read."""

import hashlib
import subprocess
import tempfile
import time
from dataclasses import asdict
from typing import IO

import psycopg
from flask import current_app
from psycopg import sql

from app.backups.manifest import Manifest
from app.backups.problems import NoBackupLogin
from app.backups.programs import complaint, find_program, login
from app.backups.shape import shape_of
from app.backups.store import CHUNK, keep_beside, new_file
from app.core import clock, tasks
from app.core.ids import new_ulid
from app.storage.service.sending import writing
from config import Settings

MEGABYTE = 1_000_000
TABLES = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind = 'r' AND NOT EXISTS
            (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"""


def make_backup() -> Manifest:
    """Dump the database, store it, and return what it holds. Inside `installation()`.

    Raises:
        NoBackupLogin: DATABASE_BACKUP_URL is not set.
        ProgramFailed: pg_dump could not.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if settings.database_backup_url is None:
        raise NoBackupLogin
    url = settings.database_backup_url.get_secret_value()
    started, at = time.monotonic(), clock.now()
    name = f"quarterdeck-{at:%Y%m%d-%H%M%S}-{new_ulid()[-6:].lower()}"
    address = url.replace("postgresql+psycopg://", "postgresql://")
    with writing(new_file(name)) as target, psycopg.connect(address, connect_timeout=10) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
        tables, shape = count_rows(connection), shape_of(connection)
        (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
        size, sha256 = run_dump(settings, url, snapshot, target)
        made = Manifest(
            name=name, made_at=clock.rfc3339(at), seconds=round(time.monotonic() - started, 1), size_bytes=size,
            sha256=sha256, server=str(connection.info.server_version // 10000), revision=revision,
            release=settings.release, tables=tables,
        )  # fmt: skip
        target.about = {"manifest": asdict(made), "shape": shape}
    keep_beside(made, target.file)
    return made


def count_rows(connection: psycopg.Connection) -> dict[str, int]:
    """Return the rows of every table, as this transaction sees them."""
    found = {}
    names = [row[0] for row in connection.execute(TABLES)]
    for done, name in enumerate(names):
        tasks.progress(done, None, f"Counting {name}")
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()
        found[name] = int(row[0]) if row else 0
    return found


def run_dump(settings: Settings, url: str, snapshot: str, target: IO[bytes]) -> tuple[int, str]:
    """Stream pg_dump into the spool; return its size and SHA-256."""
    address, environment = login(url)
    command = [find_program(settings, "pg_dump"), "--format=custom", "--no-password", f"--snapshot={snapshot}"]
    found, size = hashlib.sha256(), 0
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(
            [*command, f"--dbname={address}"], stdout=subprocess.PIPE, stderr=told, env=environment
        ) as dump,
    ):
        try:
            while chunk := dump.stdout.read(CHUNK) if dump.stdout else b"":
                target.write(chunk)
                found.update(chunk)
                size += len(chunk)
                tasks.progress(size // MEGABYTE, None, f"{size // MEGABYTE} MB written")
        except BaseException:
            dump.kill()
            raise
        if dump.wait() != 0:
            told.seek(0)
            raise complaint("pg_dump", dump, told.read())
    return size, found.hexdigest()
