"""Releases rolled out while people work: no request fails, pages come back by themselves, and every process ends soon.

FAULT_ROLLS and FAULT_SOCKETS make it as long and as wide as one likes.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.core.pushed import PROCESSES
from app.core.redis import connect
from tests.faults.figures import Figures
from tests.faults.house import START_S, WEBS, House
from tests.faults.listeners import Crowd
from tests.realtime.ear import cookie_of
from tests.site import wait_for
from tests.stage import ROOT

pytestmark = pytest.mark.slow
ROLLS = int(os.environ.get("FAULT_ROLLS", "1"))
SOCKETS = int(os.environ.get("FAULT_SOCKETS", "20"))
# A column that code does not know yet, as the release before it brings one. One busy table a migration: a second one
# in the same transaction waits for writers that wait for the first.
MIGRATION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None


def upgrade() -> None:
    op.add_column("orders", sa.Column("of_the_next_release", sa.Text))
"""


def migrate(house: House, folder: Path) -> float:
    """Bring the schema of the next release, as `flask db upgrade` does; return for how many seconds it ran."""
    shutil.copytree(ROOT / "migrations", folder)
    head = max(path.name[:4] for path in (folder / "versions").glob("0*.py"))
    (folder / "versions" / "9999_next.py").write_text(MIGRATION.format(head=head))
    environment = {**os.environ, **house.site.environment, "FLASK_APP": "app:create_app"}
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "flask", "db", "upgrade", "-d", str(folder)], cwd=ROOT, env=environment, check=True
    )
    return time.monotonic() - began


def roll(house: House) -> list[float]:
    """Replace one gunicorn after the other; return how long each took to end."""
    took = []
    for name in WEBS:
        process, began = house.site.processes[name], time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        took.append(time.monotonic() - began)
        house.start_web(name)
        house.wait_until_ready(name)
    return took


def test_a_release_costs_no_request_and_pages_come_back_caught_up(house: House, tmp_path: Path) -> None:
    before = house.effects()
    crowd = Crowd(house.nginx.url, cookie_of(house.ada), "orders", SOCKETS)
    crowd.start()
    wait_for(lambda: crowd.open_now() == SOCKETS, limit_s=START_S, say=house.told)
    ends_s = []
    with house.callers().calling(readers=2) as callers:
        for number in range(ROLLS):
            callers.wait_for_more(10)
            if number == ROLLS // 2:
                migrate(house, tmp_path / "migrations")
            ends_s += roll(house)
            wait_for(lambda: crowd.open_now() == SOCKETS, limit_s=60, say=house.told)
    wait_for(lambda: house.one("SELECT count(*) FROM outbox") == 0, limit_s=60, say=house.told)
    mine = house.ada.company_id
    head = house.one("SELECT seq FROM topic_heads WHERE company_id = %s AND topic = 'orders'", mine)
    wait_for(lambda: all(one.is_whole(head) for one in crowd.all), limit_s=60, say=lambda: told(crowd, head))
    crowd.stop()
    back_s = [took for one in crowd.all for took in one.back_s]
    figures, effects = Figures("roll releases"), house.effects()
    acted = len(callers.of("POST")) - len(callers.failed("POST"))
    figures.say("releases, one with a migration", ROLLS)
    figures.say("GET failed", len(callers.failed("GET")), "0")
    figures.say("keyed POST failed", len(callers.failed("POST")), "0")
    figures.say("effects lost or doubled", abs(sum(effects.values()) - sum(before.values()) - acted), "0")
    figures.say("GET answered", len(callers.of("GET")))
    figures.say("keyed POST answered", len(callers.of("POST")))
    figures.say("sockets", SOCKETS)
    figures.say("returns of sockets", len(back_s))
    figures.say("longest return, told to caught up", round(max(back_s), 2), "<= 5 s")
    figures.say("longest without a connection, s", round(max(took for one in crowd.all for took in one.alone_s), 2))
    figures.say("sockets that missed or repeated a fact", sum(not one.is_whole(head) for one in crowd.all), "0")
    figures.say("longest end of a web process after TERM", round(max(ends_s), 2), "<= 10 s")
    assert callers.failed("GET") == []
    assert callers.failed("POST") == []
    assert sum(effects.values()) - sum(before.values()) == acted
    assert len(back_s) >= SOCKETS * ROLLS


def told(crowd: Crowd, head: int) -> str:
    """Return where those who have not heard every fact once and in order went wrong."""
    lost = [one for one in crowd.all if not one.is_whole(head)]
    return "\n".join(f"{one.began_at}..{head}, {len(one.heard)} heard: {one.wrong()}" for one in lost[:5])


def test_relay_and_worker_end_soon_too(house: House) -> None:
    house.site.start_worker()
    figures, valkey = Figures("roll releases"), connect(house.ada.app.config["SETTINGS"], timeout_s=5)
    wait_for(
        lambda: any(name.startswith(b"worker:") for name in valkey.hkeys(PROCESSES)), limit_s=START_S, say=house.told
    )
    for name in ("relay", "worker"):
        process, began = house.site.processes[name], time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        figures.say(f"end of the {name} after TERM", round(time.monotonic() - began, 2), "<= 10 s")
    house.site.start_relay()
