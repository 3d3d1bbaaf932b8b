"""Azurite, Microsoft's stand-in for Azure Blob Storage: fetched once by npm where node is, else said to be missing."""

import base64
import fcntl
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path

from app.core.embedded.ports import LOOPBACK, find_free_port
from tests.storage.servers import BUCKET, Server, make_folder, start, waited

VERSION = "3.37.0"
CACHE = Path(sys.prefix) / "azurite" / VERSION
MAIN = CACHE / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
FETCH_S, TRY_AGAIN_S = 60.0, 3600.0


def why_not() -> str:
    """Return why Azurite cannot be had; "" when it is here. The first call may fetch it, for at most a minute."""
    if MAIN.exists():
        return "" if shutil.which("node") else "node is not installed"
    if not shutil.which("node") or not shutil.which("npm"):
        return "node and npm are not installed"
    CACHE.mkdir(parents=True, exist_ok=True)
    failed = CACHE / "failed"
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # workers collect at the same time, and must find the same
        if not MAIN.exists() and not (failed.exists() and time.time() - failed.stat().st_mtime < TRY_AGAIN_S):
            _fetch(failed)
    return "" if MAIN.exists() else f"npm could not fetch azurite {VERSION}: {failed.read_text()[:200].strip()}"


def _fetch(failed: Path) -> None:
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(CACHE)]
    argv = ["npm", "install", *options, f"azurite@{VERSION}"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=FETCH_S, check=False)
        said = done.stderr[-200:]
    except subprocess.TimeoutExpired:
        said = f"not done after {FETCH_S:.0f} s"
    if not MAIN.exists():
        failed.write_text(said or "it said nothing")


def start_azurite() -> Server:
    """Start it with one container and an account of its own."""
    folder, port = make_folder("azurite"), find_free_port()
    account, key = "quarterdecktest", base64.b64encode(secrets.token_bytes(32)).decode()
    argv = [
        shutil.which("node") or "node", str(MAIN), "--silent", "--location", str(folder / "data"), "--blobHost", LOOPBACK,
        "--blobPort", str(port), "--skipApiVersionCheck", "--disableTelemetry", "--loose",
    ]  # fmt: skip
    process = start(argv, folder, {"AZURITE_ACCOUNTS": f"{account}:{key}"})
    address = f"http://{LOOPBACK}:{port}/{account}"
    connection = f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={key};BlobEndpoint={address};"
    about = {"connection": connection, "container": BUCKET, "endpoint": address}
    return waited(Server("azurite", process, folder, about), lambda: _has_container(connection))


def make_container(server: Server, name: str) -> str:
    """Make a container and return its name."""
    from azure.storage.blob import ContainerClient

    ContainerClient.from_connection_string(server.about["connection"], name, retry_total=0).create_container()
    return name


def _has_container(connection: str) -> bool:
    from azure.core.exceptions import AzureError
    from azure.storage.blob import ContainerClient

    try:
        ContainerClient.from_connection_string(connection, BUCKET, retry_total=0).create_container()
    except AzureError:
        return False
    return True
