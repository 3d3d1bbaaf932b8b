"""20 companies through one small pool: errors, time limits, savepoints and lost connections, and never another's row.

POOL_TRANSACTIONS says how many for each company, half of them by threads and half by greenlets.
"""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from flask import Flask

from tests.faults.crowd import Tally, play
from tests.faults.figures import Figures
from tests.stage import ROOT
from tests.world import Connection, World

pytestmark = pytest.mark.slow
EACH = int(os.environ.get("POOL_TRANSACTIONS", "60"))
COMPANIES, HANDS = 20, 8
TIMES = EACH * COMPANIES // 2


@pytest.fixture
def people(world: World) -> dict[int, int]:
    """Twenty companies, each with another number of people."""
    found = {}
    for number in range(COMPANIES):
        company = world.company(f"crowd{number}")
        for _ in range(number % 5 + 1):
            world.person(company, "viewer")
        found[int(company["id"])] = number % 5 + 1
    return found


def test_threads_share_a_pool_and_no_rows(app: Flask, world: World, people: dict[int, int]) -> None:
    tally = play(app, people, TIMES, HANDS, "threads")
    judge("threads", tally, world.sql, people)


def test_greenlets_share_a_pool_and_no_rows(environment: dict[str, str], world: World, people: dict[int, int]) -> None:
    asked = {"people": people, "times": TIMES, "hands": HANDS, "seed": "greenlets"}
    played = subprocess.run(
        [sys.executable, "-m", "tests.faults.crowd_of_greenlets", json.dumps(asked)],
        cwd=ROOT, env={**os.environ, **environment}, check=True, stdout=subprocess.PIPE, timeout=1800,
    )  # fmt: skip
    told = json.loads(played.stdout.splitlines()[-1])
    written = Counter({int(company): count for company, count in told["written"].items()})
    judge("greenlets", Tally(Counter(told["done"]), written, told["lost"], told["leaks"]), world.sql, people)


def judge(how: str, tally: Tally, sql: Connection, people: dict[int, int]) -> None:
    """See that nothing leaked, that all of it was played, and that every company has exactly what it wrote."""
    figures = Figures("tenancy")
    figures.say(f"pooled transactions of {COMPANIES} companies by {how}", tally.done.total())
    figures.say(f"leaks between them by {how}", len(tally.leaks), "0")
    assert tally.leaks == []
    assert tally.done.total() == TIMES // HANDS * HANDS
    assert tally.lost <= tally.done.total() / 20, "most of it has to have happened"
    rows = sql.execute(
        "SELECT company_id, count(*) AS n FROM idempotency_keys WHERE principal = 'crowd' AND company_id = ANY(%s) "
        "GROUP BY 1", (list(people),),
    ).fetchall()  # fmt: skip
    kept = {row["company_id"]: row["n"] for row in rows}
    assert kept == dict(tally.written)
    taken = sql.execute("SELECT count(*) AS n FROM users WHERE name = 'taken'").fetchone()
    assert taken == {"n": 0}
