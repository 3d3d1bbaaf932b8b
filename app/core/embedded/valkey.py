"""The embedded Valkey server: its settings, its life."""

import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded.leash import spawn
from app.core.embedded.orphans import end_servers
from app.core.embedded.place import PRIVATE, Place, make_folder
from app.core.embedded.ports import LOOPBACK
from app.core.embedded.postgres import server_environ

READY_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10
PONG = b"+OK\r\n+PONG\r\n"

SETTINGS = """\
# Written at every start by app/core/embedded/valkey.py; changes here are lost.
bind 127.0.0.1
port {port}
requirepass {password}
dir {folder}
daemonize no
loglevel warning
# A broker must refuse when full: evicting would lose jobs silently.
maxmemory-policy noeviction
appendonly {appendonly}
appendfsync everysec
save ""
"""


@dataclass
class Valkey:
    """One server with its data in `place.data/valkey`.

    Attributes:
        is_durable: False keeps nothing on disk, for tests alone.
    """

    place: Place
    port: int
    password: str
    is_durable: bool = True
    process: subprocess.Popen[bytes] | None = None

    @property
    def folder(self) -> Path:
        """The data folder."""
        return self.place.data / "valkey"

    def url(self, database: int = 0) -> str:
        """The URL clients use."""
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the folder, write the settings, and end what a crash left behind."""
        make_folder(self.folder, PRIVATE)
        self.place.account.own(self.folder)
        path = self.folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text(
            SETTINGS.format(
                port=self.port,
                password=self.password,
                folder=self.folder,
                appendonly="yes" if self.is_durable else "no",
            ),
            encoding="utf-8",
        )
        self.place.account.own(path)
        end_servers(self.folder, "valkey-server")

    def command(self) -> list[str]:
        """What to run in the foreground."""
        return [str(self.place.valkey_server), str(self.folder / "valkey.conf")]

    def is_ready(self) -> bool:
        """Whether it answers PING; while it loads its file it does not."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = b""
                while len(answer) < len(PONG) and (piece := connection.recv(256)):
                    answer += piece
        except OSError:
            return False
        return answer == PONG

    def start(self) -> None:
        """Run it outside the supervisor and wait until it answers."""
        self.prepare()
        log = self.place.data / "valkey.log"
        with log.open("ab") as output:
            self.process = spawn(
                self.command(),
                env=server_environ(),
                cwd=self.folder,
                account=self.place.account,
                output=output,
            )
        deadline = time.monotonic() + READY_TIMEOUT_S
        while not self.is_ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Valkey did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask it to write what it holds and end."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(STOP_TIMEOUT_S)
            self.process = None
