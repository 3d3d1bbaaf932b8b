"""An answer leaves in one piece: a process killed between its head and its body would leave half of it."""

import socket
from urllib.parse import urlsplit

import pytest

from tests.site import Site

pytestmark = pytest.mark.slow
REQUEST = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


def test_head_and_body_come_with_one_read(site: Site) -> None:
    address = urlsplit(site.url)
    for _ in range(20):
        with socket.create_connection((address.hostname, address.port), timeout=30) as client:
            client.sendall(REQUEST)
            head, _, body = client.recv(65_536).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            length = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
            assert len(body) == int(length.partition(b":")[2]) > 0
