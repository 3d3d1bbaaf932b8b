"""Where the children's lines go: the terminal with the child's name in front, and a dated file per child."""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.core.append import append_whole

COLOURS = {"postgres": 34, "valkey": 35, "web": 32, "relay": 36, "worker": 33}
NAME_WIDTH = 8
KEEP_DAYS = 14


class Output:
    """Prefixes lines and keeps them in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._is_coloured = sys.stdout.isatty() and "NO_COLOR" not in os.environ
        self._has_reader = True
        folder.mkdir(parents=True, exist_ok=True)
        self._remove_old()

    def say(self, text: str) -> None:
        """Tell the person something, in the supervisor's own voice."""
        self.show(text)
        self._keep("supervisor", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {text}")

    def relay(self, name: str, line: str) -> None:
        """Pass a child's line on."""
        prefix = f"{name:<{NAME_WIDTH}} |"
        if self._is_coloured:
            prefix = f"\033[{COLOURS.get(name, 37)}m{prefix}\033[0m"
        self.show(f"{prefix} {line}")
        self._keep(name, line)

    def path(self, name: str) -> Path:
        """The file of today."""
        return self._folder / f"{name}-{datetime.now(UTC):%Y-%m-%d}.log"

    def show(self, text: str) -> None:
        """Write a line to the terminal alone."""
        if not self._has_reader:
            return
        try:
            print(text, flush=True)
        except BrokenPipeError:  # `bin/up | head`: the files still get everything
            self._has_reader = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def _keep(self, name: str, line: str) -> None:
        try:
            descriptor = os.open(self.path(name), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:  # a full disk must not take the services down
            return
        try:
            append_whole(descriptor, f"{line}\n".encode(errors="replace"))
        except OSError:
            return
        finally:
            os.close(descriptor)

    def _remove_old(self) -> None:
        oldest = f"{datetime.now(UTC) - timedelta(days=KEEP_DAYS):%Y-%m-%d}"
        for path in self._folder.glob("*-????-??-??.log"):
            if path.stem[-10:] < oldest:
                path.unlink(missing_ok=True)
