"""A worker that is killed in the middle of a page leaves no order out and makes none twice."""

import os
import signal
import subprocess
import sys
from functools import partial

import pytest

from app.feeds import service
from tests.feeds.partner import order
from tests.site import ROOT, wait_for

pytestmark = pytest.mark.slow
PROGRAM = """
import sys
from app import create_app
from app.core.tenancy import acting_for
from app.feeds import service
with create_app().app_context(), acting_for(int(sys.argv[1])):
    service.run_feed(sys.argv[2])
"""
ORDERS = 300


def test_a_run_that_is_killed_is_made_whole_by_the_next(partner, feed, ada, world, environment):
    partner.pages([order(f"K-{number}", ("CUP", 1)) for number in range(ORDERS)], [order("K-last", ("CUP", 1))])
    ada.post("/api/inventory/CUP/adjustments", json={"delta": 1000, "reason": "received"})
    known = {**os.environ, **environment, "FEED_HOSTS": f"127.0.0.1:{partner.port}"}

    def count():
        row = world.sql.execute("SELECT count(*) AS n FROM orders WHERE company_id = %s", (ada.company_id,)).fetchone()
        return row["n"]

    def reached(wanted, process):
        return count() >= wanted or process.poll() is not None

    for wanted in (5, 60):
        command = [sys.executable, "-c", PROGRAM, str(ada.company_id), feed.id]
        process = subprocess.Popen(command, cwd=ROOT, env=known)
        wait_for(partial(reached, wanted, process), limit_s=60)
        assert process.poll() is None, "it ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert 0 < count() < ORDERS
    before = count()
    with ada.acting():
        done = service.run_feed(feed.id)
    assert (done.known, done.placed) == (before, ORDERS + 1 - before)
    assert count() == ORDERS + 1
    refs = world.sql.execute(
        "SELECT count(DISTINCT external_ref) AS n FROM orders WHERE company_id = %s", (ada.company_id,)
    ).fetchone()
    assert refs["n"] == ORDERS + 1
    runs = ada.get(f"/api/feeds/{feed.id}/runs").json["items"]
    assert [one["error"] for one in runs] == ["", *["Its worker was lost. The next run went on."] * 2]
    assert ada.get("/api/inventory/CUP").json["reserved"] == ORDERS + 1
