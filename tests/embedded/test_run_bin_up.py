"""`bin/up`, `bin/down` and `bin/flask` as a person uses them."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from app.core.embedded import orphans
from app.core.embedded.envfile import read_env_file
from app.core.embedded.ports import is_free
from tests.site import wait_for

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
START_LIMIT_S = 120


def find_lasting_port() -> int:
    """A port that the kernel gives to no outgoing connection while nobody listens on it between two starts."""
    while not is_free(port := random.SystemRandom().randint(20_000, 32_000)):
        pass
    return port


class Up:
    """One run of bin/up in a home."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port
        ours = ("DATABASE_", "REDIS_", "QUARTERDECK_", "LIMIT_", "PYTEST_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        self.environ = {
            **kept,
            "QUARTERDECK_HOME": str(home),
            "PORT": str(port),
            "LOAD_DEMO": "false",
            "WEB_WORKERS": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, name: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "bin" / name, *words], env=self.environ, capture_output=True, text=True, timeout=180, check=False
        )

    def start(self) -> float:
        """Start it, wait for Ready, and return the seconds it took."""
        began = time.monotonic()
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [ROOT / "bin/up"], env=self.environ, stdout=output, stderr=output, start_new_session=True
            )
        wait_for(lambda: f"Ready: http://127.0.0.1:{self.port}" in self.said or self.has_ended, limit_s=START_LIMIT_S)
        assert not self.has_ended, self.said
        return time.monotonic() - began

    @property
    def log(self) -> Path:
        return self.home / "bin-up.log"

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def children(self) -> dict[str, int]:
        """The pid of each supervised process by its name."""
        assert self.process is not None
        pid = self.process.pid
        found = {}
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            try:
                words = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has ended since it was listed
            marks = {
                "postgres": "bin/postgres ",
                "valkey": "valkey-server",
                "web": "gunicorn",
                "relay": "flask relay",
                "worker": "celery",
            }
            found |= {name: int(child) for name, mark in marks.items() if mark in words}
        return found

    def is_ready(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except (URLError, OSError):
            return False

    def leftovers(self) -> list[str]:
        """Commands of processes that still belong to this home."""
        mark = f"{orphans.MARK}={self.home}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environ, cwd = (process / "environ").read_bytes(), (process / "cwd").readlink()
                if mark in environ.split(b"\0") or cwd.is_relative_to(self.home):
                    found.append((process / "cmdline").read_text())
            except OSError:
                continue
        return found

    def kill(self) -> None:
        """End it without a chance to clean up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def interrupt(self) -> None:
        """Ctrl-C."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(240)


def new_home() -> Path:
    """A folder the servers' user can enter; as root it cannot enter pytest's own."""
    home = Path(tempfile.mkdtemp(prefix="quarterdeck-up-")).resolve()
    home.chmod(0o711)
    return home


@pytest.fixture(scope="module")
def shared():
    """One home that the tests of a running site use in turn: a first start takes seconds."""
    up = Up(new_home(), find_lasting_port())
    yield up
    if up.process is not None and not up.has_ended:
        up.interrupt()
    shutil.rmtree(up.home)


@pytest.fixture
def up(shared):
    """The home with bin/up running and ready."""
    if shared.process is None or shared.has_ended:
        shared.start()
    wait_for(shared.is_ready, limit_s=60)
    return shared


@pytest.fixture
def down():
    """A home with nothing running."""
    up = Up(new_home(), find_lasting_port())
    yield up
    shutil.rmtree(up.home)


def test_secrets_are_for_us_alone(up):
    for name in ("run/services.env", "keys.json", "demo-credentials.txt"):
        assert (up.home / name).stat().st_mode & 0o077 == 0, name
    settings = read_env_file(up.home / "run/services.env")
    assert settings["DATABASE_URL"].startswith("postgresql://qd_app:")
    assert settings["REDIS_URL"].startswith("redis://:")


def test_bin_flask_finds_the_running_services(up):
    done = up.command("flask", "db", "current")
    assert done.returncode == 0, done.stderr
    assert "(head)" in done.stdout


def test_a_second_start_names_the_first(up):
    done = up.command("up")
    assert done.returncode == 1
    assert f"already runs with pid {up.process.pid} on http://127.0.0.1:{up.port}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["web", "relay", "worker", "valkey", "postgres"])
def test_a_killed_process_is_started_again_and_the_site_recovers(up, name):
    before = up.children()[name]
    os.kill(before, signal.SIGKILL)
    wait_for(lambda: up.children().get(name, before) != before, limit_s=30)
    wait_for(up.is_ready, limit_s=60)
    assert not up.has_ended


def test_ctrl_c_leaves_no_process(up):
    up.interrupt()
    assert up.process.returncode in {130, 0}
    assert up.leftovers() == []


def test_bin_down_leaves_no_process(up):
    assert up.command("down").returncode == 0
    wait_for(lambda: up.has_ended, limit_s=5)
    assert up.leftovers() == []


def test_killing_bin_up_does_not_block_the_next_start(up):
    up.kill()
    up.start()
    assert "Traceback" not in up.said


def test_without_services_bin_flask_says_to_start_them(down):
    done = down.command("flask", "db", "current")
    assert done.returncode == 1
    assert "start them with bin/up" in done.stderr


def test_bin_down_with_nothing_running_says_so(down):
    done = down.command("down")
    assert (done.returncode, "does not run" in done.stdout) == (0, True)


def test_a_taken_port_is_named_with_a_way_out(down):
    with socket.create_server(("127.0.0.1", down.port)):
        done = down.command("up")
    assert done.returncode == 1
    assert f"Port {down.port} is used by another program. Choose another: PORT=" in done.stderr


def test_an_own_database_without_its_owner_is_refused_with_what_to_set(down):
    down.environ["DATABASE_URL"] = "postgresql://qd_app:x@127.0.0.1:1/quarterdeck"
    try:
        done = down.command("up")
    finally:
        del down.environ["DATABASE_URL"]
    assert done.returncode == 1
    assert "DATABASE_OWNER_URL is not" in done.stderr


@pytest.mark.parametrize("port", ["http", "0", "70000"])
def test_a_port_that_is_none_is_refused(down, port):
    down.environ["PORT"], kept = port, down.environ["PORT"]
    try:
        done = down.command("up")
    finally:
        down.environ["PORT"] = kept
    assert done.returncode == 1
    assert f"PORT={port} is not a port" in done.stderr


def test_reset_without_a_terminal_deletes_nothing_unless_told(down):
    (down.home / "uploads").mkdir()
    done = down.command("up", "--reset")
    assert done.returncode == 1
    assert "Nothing was deleted." in done.stdout
    assert (down.home / "uploads").exists()
