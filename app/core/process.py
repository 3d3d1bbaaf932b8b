"""What this process is called where processes are listed: `web:host:417`."""

import os
import socket

KINDS = ("web", "worker", "relay", "beat", "command")
_HOST = socket.gethostname().split(".")[0]
_kind = "command"


def set_kind(kind: str) -> None:
    """Say what this process does; its entry point does so once, its forks inherit it."""
    global _kind  # noqa: PLW0603 (one name per process is what this module is for)
    _kind = kind


def kind() -> str:
    """Return web, worker, relay, beat or command."""
    return _kind


def pid() -> int:
    """Return the process id; asked each time, because a fork has another."""
    return os.getpid()


def label() -> str:
    """Return kind, host and process id; asked each time, because a fork has another id."""
    return f"{_kind}:{_HOST}:{pid()}"
