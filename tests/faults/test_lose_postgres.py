"""PostgreSQL restarted and frozen while people read and write: readers notice nothing, and nobody hangs.

FAULT_PG_RESTARTS and FAULT_PG_FREEZE_S make it as long as one likes.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.faults.figures import Figures
from tests.faults.house import House
from tests.faults.visitors import Visitors
from tests.site import wait_for

pytestmark = pytest.mark.slow
RESTARTS = int(os.environ.get("FAULT_PG_RESTARTS", "2"))
FREEZE_S = float(os.environ.get("FAULT_PG_FREEZE_S", "5"))
OUTLASTED_S = 1.5
BETWEEN = 25  # answers between two restarts
NEEDS_NONE = ("/health/live", "/static/css/app.css")
HOW = (signal.SIGINT, signal.SIGQUIT)  # fast: sessions are ended and all is written; immediate: as after a crash


def restart(house: House, how: signal.Signals) -> float:
    """Stop the server and start it again; return for how many seconds it took no connections."""
    assert house.services is not None
    server = house.services.postgres
    assert server is not None
    assert server.process is not None
    began = time.monotonic()
    server.process.send_signal(how)
    server.process.wait(60)
    server.start()
    return time.monotonic() - began


def test_a_restart_costs_no_reader_a_page_and_no_writer_an_order(house: House) -> None:
    before = house.effects()
    with house.callers().calling() as callers:
        away_s = []
        for number in range(RESTARTS):
            callers.wait_for_more(BETWEEN)
            away_s.append(restart(house, HOW[number % len(HOW)]))
        callers.wait_for_more(BETWEEN)
    failed, again = callers.failed("POST"), callers.send_again()
    figures = Figures("lose postgres")
    figures.say("PostgreSQL restarts, fast and immediate in turn", RESTARTS)
    figures.say("longest without connections, s", round(max(away_s), 2))
    figures.say("GET failed", len(callers.failed("GET")), "0")
    figures.say("GET answered", len(callers.of("GET")))
    figures.say("keyed POST answered", len(callers.of("POST")))
    figures.say("keyed POST told to come again (503)", len(failed))
    figures.say("slowest answer", round(callers.slowest_s(), 2), "<= 3 s")
    # Requests outlast 2.5 s of it: on a machine so busy that PostgreSQL itself takes longer, only the rest is shown.
    assert callers.failed("GET") == [] or max(away_s) > OUTLASTED_S
    assert {one.status for one in again} <= {201}, again
    assert_each_key_acted_once(house, callers, before, figures)


def assert_each_key_acted_once(house: House, callers: Visitors, before: dict[str, int], figures: Figures) -> None:
    """Compare what writers wanted with what the database has, once each has sent again what had failed."""
    wanted = {
        "orders": before["orders"] + len(callers.of("POST /api/orders")),
        "corrections": before["corrections"] + len(callers.of("POST /api/inventory")),
    }
    found = house.effects()
    figures.say("effects lost or doubled", sum(abs(found[name] - wanted[name]) for name in wanted), "0")
    assert found == wanted


@contextmanager
def frozen(house: House) -> Iterator[None]:
    """Stop every process of the server inside the block, as a machine that hangs does."""
    assert house.services is not None
    server = house.services.postgres
    assert server is not None
    assert server.process is not None
    postmaster = server.process.pid
    os.kill(postmaster, signal.SIGSTOP)
    pids = [int(pid) for pid in Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in [*pids, postmaster]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def test_a_frozen_server_holds_nobody_and_is_forgotten_when_it_goes_on(house: House) -> None:
    before = house.effects()
    carefree = Visitors(house.nginx.url, "", [])
    with house.callers().calling() as callers, carefree.calling(readers=2, paths=NEEDS_NONE):
        callers.wait_for_more(BETWEEN)
        with frozen(house):
            began = time.monotonic()
            threading.Event().wait(FREEZE_S)
            told = [one for one in callers.answers if began < one.ended]
        thawed = time.monotonic()
        wait_for(lambda: is_well_again(callers, thawed), limit_s=60, say=callers.told)
    again = callers.send_again()
    unwell = [one.ended - thawed for one in callers.answers if one.status == 503 and one.ended > thawed]
    figures = Figures("lose postgres")
    figures.say("frozen, s", FREEZE_S)
    slowest = max([*callers.answers, *carefree.answers], key=lambda one: one.took_s)
    figures.say("slowest request of all", round(slowest.took_s, 2), "<= 3 s")
    figures.say("it came, s after the server froze", f"{slowest.began - began:.2f}: {slowest.what}, {slowest.status}")
    figures.say("requests told to come again (503) while frozen", sum(one.status == 503 for one in told))
    figures.say("without database: failed", len(carefree.failed("GET")), "0")
    figures.say("without database: slowest, s", round(carefree.slowest_s(), 2))
    figures.say("last refusal after it went on, s", round(max(unwell, default=0.0), 2))
    assert carefree.failed("GET") == []
    assert any(one.status == 503 for one in told), callers.told()
    assert {one.status for one in callers.answers} <= {200, 201, 503}, callers.told()
    assert {one.status for one in again} <= {201}, again
    assert_each_key_acted_once(house, callers, before, figures)


def is_well_again(callers: Visitors, since: float) -> bool:
    """Say whether the newest answers are good, of reads and of writes."""
    newest = [one for one in callers.answers[-12:] if one.began > since]
    return len(newest) == 12 and {one.status for one in newest} <= {200, 201} and any(one.key for one in newest)
