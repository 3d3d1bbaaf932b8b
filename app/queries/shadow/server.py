"""Where the shadow's server is; it is started by whoever first needs it, and shared by the processes of a machine."""

import fcntl
import hashlib
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psycopg

from app.core.embedded.place import PRIVATE, TRAVERSABLE, Place, find_place, make_folder
from app.core.embedded.ports import find_free_port
from app.core.embedded.postgres import Postgres
from app.queries.explain.problems import ShadowAway
from app.queries.shadow import keeper
from config import Settings

IDLE_S = 600.0
START_S = 60.0
LOOK_S = 0.05
# Never a statement's text in its log: somebody may have typed a value. Nothing but EXPLAIN and DDL runs here.
SETTINGS = """\
shared_preload_libraries = ''
shared_buffers = 16MB
max_connections = 40
autovacuum = off
log_min_messages = fatal
log_min_error_statement = panic
log_statement = none
temp_file_limit = 65536
"""
_leashes: list["subprocess.Popen[bytes]"] = []  # while we hold their pipes, the servers we started live


@dataclass(frozen=True)
class Address:
    """A running shadow.

    Attributes:
        stranger: The password of `qd_app` there: the login texts of people are planned with.
        uid: Owner of the cluster's files, -1 for our own user.
    """

    port: int
    password: str
    stranger: str
    folder: str
    uid: int
    gid: int

    def url(self, database: str = "postgres") -> str:
        """The superuser's login, on a server without data."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def stranger_url(self, database: str) -> str:
        """A login that may only read what the app login may."""
        return f"postgresql://qd_app:{self.stranger}@127.0.0.1:{self.port}/{database}"

    @property
    def data(self) -> Path:
        """The cluster's folder."""
        return Path(self.folder) / "postgres"

    def touch(self) -> None:
        """Say that it is needed."""
        (Path(self.folder) / "used").touch()


def reach(settings: Settings, idle_s: float = IDLE_S) -> Address:
    """Return the running shadow's address, starting it first if there is none.

    Raises:
        ShadowAway: It can not be started here.
    """
    folder = folder_of(settings)
    if found := look(folder):
        return found
    with held(folder):
        return look(folder) or start(settings, folder, idle_s)


def folder_of(settings: Settings) -> Path:
    """Return the folder of this home's shadow: in the temporary folder, for a container's own may be read only."""
    name = hashlib.sha256(str(settings.quarterdeck_home.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"quarterdeck-shadow-{os.geteuid()}-{name}"


def look(folder: Path) -> Address | None:
    """Return the address when the server answers, and mark it as used."""
    try:
        found = Address(**json.loads((folder / "address.json").read_text(encoding="utf-8")))
        found.touch()
        with psycopg.connect(found.url(), connect_timeout=2):
            return found
    except (OSError, ValueError, TypeError, psycopg.Error):
        return None


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold the right to start it; others wait, without holding up the greenlets beside them."""
    path = folder.with_name(f"{folder.name}.lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + START_S
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ShadowAway(reason="Another process has been starting it for a minute.") from None
                time.sleep(LOOK_S)
        yield
    finally:
        os.close(descriptor)


def start(settings: Settings, folder: Path, idle_s: float) -> Address:
    """Make a cluster and run it.

    Raises:
        ShadowAway: The programs or the room for it are missing.
    """
    try:
        place = prepare_folder(settings, folder)
        server = Postgres(place, find_free_port(), secrets.token_urlsafe(24), is_durable=False, more_settings=SETTINGS)
        server.prepare()
    except (OSError, RuntimeError) as error:
        raise ShadowAway(reason=f"Its cluster could not be made here ({type(error).__name__}).") from None
    who = place.account.identity()
    uid, gid = (who.uid, who.gid) if who else (-1, -1)
    address = Address(server.port, server.password, secrets.token_urlsafe(24), str(place.data), uid, gid)
    program = [sys.executable, "-I", str(Path(keeper.__file__)), str(place.data), server.command()[0]]
    _leashes[:] = [leash for leash in _leashes if leash.poll() is None]
    _leashes.append(
        subprocess.Popen(
            [*program, str(uid), str(gid), str(idle_s)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, process_group=0,
        )
    )  # fmt: skip
    deadline = time.monotonic() + START_S
    while not server.is_ready():
        if _leashes[-1].poll() is not None or time.monotonic() > deadline:
            raise ShadowAway(reason="Its server did not start.")
        time.sleep(LOOK_S)
    write_private(folder / "address.json", json.dumps(asdict(address)))
    return address


def prepare_folder(settings: Settings, folder: Path) -> Place:
    """Clear what an earlier one left, make a folder for this run, and say who runs it with which programs."""
    if folder.is_symlink() or (folder.exists() and folder.stat().st_uid != os.geteuid()):
        raise RuntimeError("somebody else's folder is in its place")
    shutil.rmtree(folder, ignore_errors=True)
    mode = TRAVERSABLE if os.geteuid() == 0 else PRIVATE
    make_folder(folder, mode)
    run = folder / secrets.token_hex(8)  # the keeper of an earlier run may still be removing its own
    make_folder(run, mode)
    (run / "used").touch()
    try:
        place = find_place(settings.quarterdeck_home)
    except OSError:  # a home that cannot be written to
        place = find_place(folder)
    return replace(place, data=run)


def write_private(path: Path, text: str) -> None:
    """Write a file whole, for our own user alone."""
    draft = path.with_suffix(".draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.rename(path)
