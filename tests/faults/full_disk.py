"""A small disk that is full: a tmpfs of its own where this account may mount one."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def why_no_disk(folder: Path) -> str:
    """Say why no small disk can be mounted here; "" when it can."""
    with small_disk(folder, 1) as problem:
        return problem


@contextmanager
def small_disk(folder: Path, size_mb: int) -> Iterator[str]:
    """Mount a tmpfs of so many megabytes; give "", or why it cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=777", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        problem = done.stderr.strip() if done.returncode else ""
    except OSError as error:
        problem = str(error)
    try:
        yield problem
    finally:
        if not problem:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill(folder: Path) -> Path:
    """Take all the room that is left; return the file that holds it."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(4096))
    return path
