"""What waits for a client that does not keep up: in order, bounded, and never in the way of others."""

import socket
from collections.abc import Iterator

import gevent
import pytest
from gevent import socket as gevent_socket

from app.realtime import outlet
from app.realtime.outlet import Outlet


class Pair:
    """An outlet and the client at its other end."""

    def __init__(self) -> None:
        self.ours, self.theirs = gevent_socket.socketpair()
        self.ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        self.overflows = 0
        self.outlet = Outlet(self.ours, self.overflow)

    def overflow(self) -> None:
        self.overflows += 1
        self.ours.shutdown(socket.SHUT_RDWR)

    def read(self, size: int) -> bytes:
        found = b""
        while len(found) < size and (part := self.theirs.recv(65_536)):
            found += part
        return found


@pytest.fixture
def pair() -> Iterator[Pair]:
    made = Pair()
    yield made
    made.theirs.close()
    gevent.sleep(0)
    made.ours.close()


def test_what_fits_is_sent_at_once(pair: Pair) -> None:
    pair.outlet.put(b"at once")
    assert pair.theirs.recv(100) == b"at once"


def test_what_does_not_fit_waits_in_order(pair: Pair) -> None:
    sent = [bytes([65 + number % 26]) * 5000 for number in range(100)]
    for one in sent:
        pair.outlet.put(one)
    assert Outlet.held > 0
    assert pair.read(500_000) == b"".join(sent)
    gevent.sleep(0)
    assert Outlet.held == 0, "nothing waits any more"
    pair.outlet.put(b"directly again")
    assert pair.theirs.recv(100) == b"directly again"


def test_a_client_that_reads_nothing_is_given_up_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlet, "MOST_BYTES", 100_000)
    for _ in range(1000):
        pair.outlet.put(b"x" * 5000)
        gevent.sleep(0)
    assert pair.overflows == 1
    assert Outlet.held == 0, "what waited was let go"


def test_all_outlets_share_one_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred stalled clients may not hold a hundred times what one may."""
    monkeypatch.setattr(outlet, "MOST_BYTES_OF_ALL", 300_000)
    pairs = [Pair() for _ in range(10)]
    most = 0
    for _ in range(100):
        for pair in pairs:
            pair.outlet.put(b"x" * 5000)
            most = max(most, Outlet.held)
    gevent.sleep(0.01)
    assert most <= 300_000
    assert sum(pair.overflows for pair in pairs) == len(pairs)
    assert Outlet.held == 0


def test_the_last_frame_comes_after_those_that_wait(pair: Pair) -> None:
    pair.outlet.put(b"x" * 200_000)
    pair.outlet.end(b"bye")
    pair.outlet.put(b"too late")
    assert pair.read(200_003) == b"x" * 200_000 + b"bye"


def test_a_client_that_is_gone_disturbs_nobody(pair: Pair) -> None:
    pair.theirs.close()
    for _ in range(10):
        pair.outlet.put(b"x" * 100_000)
        gevent.sleep(0)
    assert pair.outlet.is_ended
    assert Outlet.held == 0
