"""Loopback ports: is one free, and which one is."""

import socket
import time

LOOPBACK = "127.0.0.1"


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do, so that a port in TIME_WAIT counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def comes_free(port: int, host: str = LOOPBACK, within_s: float = 3.0) -> bool:
    """Whether a server can listen on the port in a moment: one that was just killed is known no more, and holds it still."""
    until = time.monotonic() + within_s
    while not is_free(port, host):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def find_free_port() -> int:
    """A port nobody listens on, chosen by the kernel."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def keep_or_find(port: int | None) -> int:
    """The port of last time while it is free, so that addresses rarely change; else a new one."""
    return port if port and is_free(port) else find_free_port()
