"""Installs the stock Node clients once, by their lock, outside the checkout's own files."""

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

CLIENTS = Path(__file__).parent / "clients"
HOME = Path(__file__).parents[3] / "var" / "node-clients"


def install_clients() -> Path:
    """Return the folder the clients are installed in; made anew when the lock changes.

    Raises:
        RuntimeError: There is no npm, or it failed.
    """
    if shutil.which("npm") is None:
        raise RuntimeError("node and npm are needed to hold the server against stock clients: install nodejs and npm")
    digest = sha256((CLIENTS / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = HOME / digest
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, folder / name)
        done = subprocess.run(
            ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"npm ci failed\n{done.stderr[-2000:]}")
        (folder / "done").touch()
    return folder
