"""Runs the shadow's server until whoever started it ends, or nobody asked for a while; then removes its folder.

A script of its own that imports nothing of ours: it stays small, and a web process can start it within milliseconds.
Its standard input is the leash: a pipe that ends when the process that holds the other end does, however it ends.
"""

import contextlib
import ctypes
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

LOOK_EVERY_S = 1.0
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def keep(folder: Path, server: str, uid: int, gid: int, idle_s: float) -> None:
    """Run the server in `folder/postgres` and watch who needs it.

    Args:
        uid: The user it runs as; -1 for our own.
    """
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [server, "-D", str(folder / "postgres")],
            cwd=folder / "postgres",
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
            user=None if uid < 0 else uid,
            group=None if uid < 0 else gid,
            extra_groups=None if uid < 0 else [],
            preexec_fn=die_with_parent,  # noqa: PLW1509 (there are no threads here)
        )
    try:
        while process.poll() is None and not is_alone() and not is_idle(folder, idle_s):
            pass
    finally:
        end(process)
        shutil.rmtree(folder, ignore_errors=True)
        clear(folder)


def clear(folder: Path) -> None:
    """Remove the address as well, unless it is already that of a later run."""
    address = folder.parent / "address.json"
    with contextlib.suppress(OSError):
        if folder.name in address.read_text(encoding="utf-8"):
            address.unlink()
        folder.parent.rmdir()


def is_alone() -> bool:
    """Wait a moment, and say whether the other end of the pipe is gone."""
    readable, _, _ = select.select([sys.stdin], [], [], LOOK_EVERY_S)
    return bool(readable) and os.read(sys.stdin.fileno(), 1) == b""


def is_idle(folder: Path, idle_s: float) -> bool:
    """Say whether nobody has touched the mark for so long; a folder that is gone is not needed either."""
    try:
        return time.time() - (folder / "used").stat().st_mtime > idle_s
    except OSError:
        return True


def end(process: "subprocess.Popen[bytes]") -> None:
    """End it at once: there is nothing to save."""
    if process.poll() is None:
        process.send_signal(signal.SIGQUIT)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def die_with_parent() -> None:
    """Let the kernel end the server when this script is killed."""
    _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
