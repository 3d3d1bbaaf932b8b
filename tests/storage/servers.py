"""Servers that speak S3 and Azure's protocol, for tests: real ones, on this machine, gone with the run.

SeaweedFS is the faithful one. `rclone serve s3` is the hostile one: it checks no digest and obeys no condition.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded.account import Account
from app.core.embedded.leash import spawn
from app.core.embedded.ports import LOOPBACK, is_free

START_S = 60.0
GRPC = 10_000  # SeaweedFS listens on each of its ports plus this
BIN = Path(sys.executable).parent
BUCKET = "quarterdeck"


@dataclass
class Server:
    """One that runs.

    Attributes:
        about: What its users need: endpoint, keys, bucket; or a connection string.
    """

    name: str
    process: subprocess.Popen[bytes]
    folder: Path
    about: dict[str, str]

    def stop(self) -> None:
        """End it and remove its folder."""
        self.process.kill()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def start_seaweed() -> Server:
    """Start SeaweedFS with one bucket."""
    folder = make_folder("seaweed")
    s3, master, volume, filer, admin = find_ports(5)
    access, secret = secrets.token_hex(8), secrets.token_hex(16)
    ports = [f"-s3.port={s3}", f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}"]
    ports += [f"-admin.port={admin}", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    argv = [
        str(BIN / "weed"), "mini", f"-dir={folder}", f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}", *ports,
        "-webdav=false", "-admin.ui=false", f"-bucket={BUCKET}", "-master.telemetry=false",
    ]  # fmt: skip
    process = start(argv, folder, {"AWS_ACCESS_KEY_ID": access, "AWS_SECRET_ACCESS_KEY": secret})
    about = {"endpoint": f"http://{LOOPBACK}:{s3}", "access": access, "secret": secret, "bucket": BUCKET}
    return waited(Server("seaweed", process, folder, about), lambda: has_bucket(about))


def start_rclone() -> Server:
    """Start rclone's S3 server on a folder with one bucket."""
    folder = make_folder("rclone")
    (folder / "files" / BUCKET).mkdir(parents=True)
    (port,) = find_ports(1)
    access, secret = secrets.token_hex(8), secrets.token_hex(16)
    argv = [
        str(BIN / "rclone"), "serve", "s3", "--auth-key", f"{access},{secret}", "--addr", f"{LOOPBACK}:{port}",
        "--config", str(folder / "rclone.conf"), "--vfs-cache-mode", "off", str(folder / "files"),
    ]  # fmt: skip
    process = start(argv, folder, {})
    about = {"endpoint": f"http://{LOOPBACK}:{port}", "access": access, "secret": secret, "bucket": BUCKET}
    return waited(Server("rclone", process, folder, about), lambda: has_bucket(about))


def make_bucket(server: Server) -> str:
    """Make a fresh bucket and return its name."""
    from app.storage.adapters.profiles import PROFILES
    from app.storage.adapters.s3_boto import Boto, Place

    about = server.about
    place = Place("", "us-east-1", about["endpoint"], "", about["access"], about["secret"])
    name = f"test-{secrets.token_hex(6)}"
    Boto(place, PROFILES["seaweedfs"]).client.create_bucket(Bucket=name)
    return name


def settings_of(server: Server, bucket: str = "") -> dict[str, str]:
    """Return the settings by which the provider `s3` reaches a server."""
    about = server.about
    return {
        "s3_endpoint": about["endpoint"],
        "s3_profile": "seaweedfs" if server.name == "seaweed" else "",
        "aws_region": "us-east-1",
        "aws_s3_bucket": bucket or about["bucket"],
        "aws_access_key_id": about["access"],
        "aws_secret_access_key": about["secret"],
    }


def start(argv: list[str], folder: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Start a server that ends with this process, its output in a file."""
    with (folder / "output.log").open("wb") as output:
        return spawn(
            argv, env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment}, cwd=folder,
            account=Account(), output=output,
        )  # fmt: skip


def waited(server: Server, is_ready: Callable[[], bool]) -> Server:
    """Return a server once it answers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.process.poll() is None:
        if is_ready():
            return server
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(0.1)
    said = (server.folder / "output.log").read_text(errors="replace")[-2000:]
    server.stop()
    raise AssertionError(f"{server.name} did not start: {said}")


def has_bucket(about: dict[str, str]) -> bool:
    """Say whether the bucket takes files."""
    from app.storage.adapters.profiles import PROFILES
    from app.storage.adapters.protocol import StorageError
    from app.storage.adapters.s3 import S3
    from app.storage.adapters.s3_boto import Place

    host, _, port = about["endpoint"].removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
        place = Place(about["bucket"], "us-east-1", about["endpoint"], "", about["access"], about["secret"])
        list(S3("probe", PROFILES["s3-compatible"], place).list(""))
    except (OSError, StorageError):
        return False
    return True


def make_folder(name: str) -> Path:
    """Return a fresh folder for a server's files."""
    return Path(tempfile.mkdtemp(prefix=f"quarterdeck-{name}-", dir=os.environ.get("PYTEST_TMP")))


def find_ports(count: int) -> list[int]:
    """Return free ports whose neighbours ten thousand above are free, too; below those the kernel hands out."""
    found: list[int] = []
    while len(found) < count:
        port = 10_240 + secrets.randbelow(12_000)
        if port not in found and is_free(port) and is_free(port + GRPC):
            found.append(port)
    return found
