"""npm socket.io, for comparison in the same run: installed once, apart from what the product runs on."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parent
HOME = Path(sys.prefix) / "peers-npm"


@dataclass
class Peer:
    """A running server of the peer."""

    process: subprocess.Popen[str]
    url: str
    name: str

    @property
    def pid(self) -> int:
        return self.process.pid

    def run(self, rooms: int, rate: int, seconds: int) -> None:
        """Let it tell its rooms, and wait until it has."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{rooms} {rate} {seconds}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip() == "done"


def install() -> str | None:
    """Install the peer's package once; return its version, or None when there is no Node here."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        print("npm socket.io is left out: there is no node and npm on this machine.", file=sys.stderr)
        return None
    package = (SOURCE / "package.json").read_text()
    stamp = HOME / ".installed"
    if not stamp.exists() or stamp.read_text() != package:
        print("Installing the peer of bench/live_peer/package.json …", file=sys.stderr, flush=True)
        HOME.mkdir(parents=True, exist_ok=True)
        (HOME / "package.json").write_text(package)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent"], cwd=HOME, check=True)
        stamp.write_text(package)
    shutil.copy(SOURCE / "server.js", HOME / "server.js")
    found = json.loads((HOME / "node_modules" / "socket.io" / "package.json").read_text())
    return f"socket.io {found['version']}"


@contextmanager
def running_peer() -> Iterator[Peer | None]:
    """Run the peer's server until the block ends; None when there is no Node here."""
    name = install()
    if name is None:
        yield None
        return
    process = subprocess.Popen(
        ["node", "server.js"], cwd=HOME, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield Peer(process, f"http://127.0.0.1:{process.stdout.readline().strip()}", name)
    finally:
        process.kill()
        process.wait()
