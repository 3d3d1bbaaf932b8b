"""Installs a locked requirements file into this virtual environment, unless it was installed last time."""

# ruff: noqa: INP001, T201 (a script, not a module of a package)
import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path


def main(lock_file: Path) -> int:
    """Install the file's packages by their hashes and remember the file's own hash."""
    venv = Path(sys.prefix)
    wanted = hashlib.sha256(lock_file.read_bytes()).hexdigest()
    stamp = venv / f".installed-{lock_file.stem}"
    with (venv / ".install-lock").open("w") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        if stamp.exists() and stamp.read_text() == wanted:
            return 0
        print(f"Installing {lock_file.name} …", flush=True)
        pip = [sys.executable, "-m", "pip", "install", "--require-hashes", "--disable-pip-version-check", "--quiet"]
        status = subprocess.run([*pip, "-r", str(lock_file)], check=False).returncode
        if status != 0:
            print(f"Installing {lock_file.name} failed; pip's lines above say why.", file=sys.stderr)
            return status
        stamp.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
