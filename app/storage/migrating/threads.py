"""Spreading the files of a round over threads: they move bytes, the one that spreads keeps the rows."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Empty, SimpleQueue

from flask import Flask, current_app

from app.core import guards
from app.storage.migrating.limits import Pace
from app.storage.migrating.rows import Item, Outcome

Work = Callable[[Item], Outcome]
KEEP_EVERY_S, KEEP_AT = 1.0, 256


def spread(items: Sequence[Item], work: Work, pace: Pace, look: Callable[[], None]) -> Iterator[list[Outcome]]:
    """Yield what became of items, in lots of a second or of some hundreds; those not begun yield nothing.

    Args:
        items: The files of a round.
        work: Moves the bytes of one; what it raises ends the round.
        pace: Lets files through; stopped, no further one begins.
        look: Called between lots: it may change the pace.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (threads have no context)
    results: SimpleQueue[Outcome | BaseException | None] = SimpleQueue()
    waiting, lock = iter(items), threading.Lock()

    def carry() -> None:
        with app.app_context(), guards.unguarded():
            try:
                while pace.begin():
                    with lock:
                        item = next(waiting, None)
                    if item is None:
                        break
                    results.put(work(item))
            except BaseException as error:  # noqa: BLE001 (raised again where the round is kept)
                pace.stop()
                results.put(error)
            finally:
                results.put(None)

    threads = [
        threading.Thread(target=carry, name=f"move-{number}", daemon=True)
        for number in range(min(pace.options.threads, len(items)))
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _lots(results, len(threads), look)
    except BaseException:  # whoever keeps the rows gives up: no further file begins, those under way end
        pace.stop()
        raise


def _lots(
    results: "SimpleQueue[Outcome | BaseException | None]", running: int, look: Callable[[], None]
) -> Iterator[list[Outcome]]:
    lot: list[Outcome] = []
    kept_at, failure = time.monotonic(), None
    while running:
        try:
            result = results.get(timeout=KEEP_EVERY_S / 2)
        except Empty:
            result = ()  # type: ignore[assignment]
        if result is None:
            running -= 1
        elif isinstance(result, BaseException):
            failure = failure or result
        elif isinstance(result, Outcome):
            lot.append(result)
        if time.monotonic() - kept_at >= KEEP_EVERY_S or len(lot) >= KEEP_AT:
            yield lot
            lot, kept_at = [], time.monotonic()
            look()
    if lot:
        yield lot
    if failure is not None:
        raise failure
