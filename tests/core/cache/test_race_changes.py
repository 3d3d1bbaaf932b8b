"""Writers and readers without a pause, in several processes: once a change is committed, nobody reads what was before."""

import os
import threading

import pytest
from flask import Flask

from tests.core.cache.shelf import Shelf, another_process
from tests.world import Person

# 10,000 take two minutes: CACHE_RACE_ROUNDS=10000 before a release of the cache; `bin/bench cache` runs as many.
ROUNDS, READERS = int(os.environ.get("CACHE_RACE_ROUNDS", "1000")), 3


@pytest.mark.slow
def test_a_thousand_rounds_without_one_stale_read(ada: Person) -> None:
    """Every round is a change and a read; the readers beside it read as often as they can."""
    shelf, committed, over = Shelf(ada), [0], threading.Event()
    stale: list[tuple[int, int]] = []
    reads = [0] * READERS

    def watch(number: int, app: Flask) -> None:
        with shelf.within(app):
            while not over.is_set():
                least = committed[0]
                found = shelf.read() or 0
                reads[number] += 1
                if found < least:
                    stale.append((found, least))

    with another_process(ada.app) as other:
        threads = [
            threading.Thread(target=watch, args=(number, (ada.app, other)[number % 2])) for number in range(READERS)
        ]
        for thread in threads:
            thread.start()
        try:
            with shelf.within():
                for n in range(1, ROUNDS + 1):
                    shelf.write(n)
                    committed[0] = n
                    found = shelf.read()
                    if found != n:
                        stale.append((found or 0, n))
        finally:
            over.set()
            for thread in threads:
                thread.join()
    assert stale == []
    assert min(reads) > 0, reads
    assert shelf.asked < ROUNDS + sum(reads), "the cache was asked, too"
