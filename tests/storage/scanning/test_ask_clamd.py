"""clamd is asked as it wants to be asked, and each of its answers is understood."""

import socket
import threading
from collections.abc import Iterator

import pytest

from app.storage.scanning.clamd import ScannerAway, ScannerRefused, ping, scan
from tests.storage.scanning.clamav import EICAR, LIMIT, running_clamd


@pytest.fixture
def clamd() -> Iterator[str]:
    with running_clamd() as address:
        yield address


def test_a_clean_file_is_clean(clamd: str) -> None:
    assert scan(clamd, [b"an order", b"", b" form"]).is_clean


def test_what_it_knows_is_named(clamd: str) -> None:
    verdict = scan(clamd, [EICAR[:20], EICAR[20:]])
    assert (verdict.is_clean, verdict.found) == (False, "Win.Test.EICAR_HDB-1")


def test_an_empty_file_is_clean(clamd: str) -> None:
    assert scan(clamd, []).is_clean


def test_what_is_too_long_for_it_is_refused_not_passed(clamd: str) -> None:
    piece = b"\0" * (1 << 20)
    with pytest.raises(ScannerRefused, match="size limit exceeded"):
        scan(clamd, (piece for _ in range((LIMIT >> 20) + 2)))


def test_nobody_there_is_said(clamd: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(ScannerAway):
            scan(f"tcp://127.0.0.1:{free.getsockname()[1]}", [b"x"])
    assert ping(clamd).startswith("ClamAV 1.4")


def test_one_that_hangs_up_is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(ScannerAway):
            scan(f"tcp://127.0.0.1:{server.getsockname()[1]}", [b"x"])
