"""Threads, greenlets, forks and long lives: one provider serves them all, and does not grow."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.storage.adapters.bodies import digest
from tests.storage.contract.places import PART_BYTES, Place, random_bytes
from tests.storage.contract.toil import describe

THREADS, OPERATIONS = 32, int(os.environ.get("STORAGE_OPERATIONS", "150"))
MIB = 1 << 20


@pytest.fixture
def toiled(place: Place, measured: dict[str, dict[str, int]]) -> dict[str, int]:
    """What was measured at this provider, once for all tests."""
    if place.kind not in measured:
        measured[place.kind] = toil(place, "everything", OPERATIONS)
    return measured[place.kind]


@pytest.fixture(scope="module")
def measured() -> dict[str, dict[str, int]]:
    """What was measured, by provider."""
    return {}


def toil(place: Place, work: str, count: int) -> dict[str, int]:
    """Run something hard in a process of its own and return what it measured."""
    argv = [sys.executable, "-m", "tests.storage.contract.toil", work, str(count)]
    about = json.dumps(describe(place))
    done = subprocess.run(argv, input=about, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    measured: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return measured


def test_32_threads_share_one_provider(place: Place) -> None:
    gate = threading.Barrier(THREADS)

    def work(number: int) -> bool:
        gate.wait(60)
        data, key = random_bytes(1000 + number), place.key()
        place.put(data, key)
        return place.read(key) == data and place.provider.stat(key).size_bytes == len(data)

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(work, range(THREADS)))
    assert len(place.keys()) == THREADS


def test_large_bodies_at_once_do_not_mix(place: Place) -> None:
    def work(_: int) -> bool:
        data, key = random_bytes(PART_BYTES + 99), place.key()
        return place.put(data, key).sha256 == digest(data) == digest(place.read(key))

    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(work, range(3)))


def test_greenlets_share_one_provider(place: Place) -> None:
    assert toil(place, "greenlets", 32)["right"] == 32


def test_a_fork_has_connections_of_its_own(place: Place, toiled: dict[str, int]) -> None:
    assert toiled["forks"] == 4, place.kind


def test_40_mib_pass_through_little_memory(place: Place, toiled: dict[str, int]) -> None:
    assert (toiled["put_size"], toiled["read_size"]) == (40 * MIB, 40 * MIB)
    # A few parts of 5 MiB, never the whole.
    assert toiled["put_grown"] < 24 * MIB, place.kind
    assert toiled["read_grown"] < 20 * MIB, place.kind


def test_a_long_life_does_not_grow(place: Place, toiled: dict[str, int]) -> None:
    """`STORAGE_OPERATIONS=10000` makes it as long as one likes."""
    assert toiled["grown"] < 6 * MIB, place.kind
