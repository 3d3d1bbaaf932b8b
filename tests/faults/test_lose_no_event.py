"""Relays killed, Valkey killed, frozen and flushed, writers busy all the while: nothing lost, doubled, skipped or inverted.

FAULT_EVENTS, FAULT_KILLS and FAULT_FREEZE_S make it as long as one likes: `bin/bench soak events`.
"""

import os
import random
import threading
import time
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest

from app.core.context import acting_as
from app.core.db import db, transaction
from app.core.outbox import record
from app.core.tenancy import acting_for
from tests.faults.figures import Figures
from tests.faults.lighthouse import ROWS, Lighthouse, prepare_rows, running_lighthouse
from tests.realtime.ear import Ear, cookie_of
from tests.realtime.lanterns import LanternLit
from tests.site import wait_for
from tests.world import Person

EVENTS = int(os.environ.get("FAULT_EVENTS", "1600"))
KILLS = int(os.environ.get("FAULT_KILLS", "3"))
FREEZE_S = float(os.environ.get("FAULT_FREEZE_S", "2"))
WRITERS, STANDBYS = 16, 2
PATIENCE_S = 240  # a relay that starts on a busy machine imports the product in a minute
figures = Figures("events")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lighthouse]:
    """PostgreSQL, Valkey, gunicorn with two workers and a relay, all these tests' own."""
    with running_lighthouse(tmp_path_factory.mktemp("house")) as house:
        yield house


class Writers:
    """Change rows of one company in transactions of random length, at least EVENTS in all, until told to end."""

    def __init__(self, house: Lighthouse, person: Person) -> None:
        self.house, self.person = house, person
        self.written: list[int] = []
        self.harmed = threading.Event()
        self.errors: list[BaseException] = []
        self.threads = [threading.Thread(target=self._run, args=(seed,)) for seed in range(WRITERS)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def end(self) -> int:
        """Let them write what is left of EVENTS; return how many were written."""
        self.harmed.set()
        for thread in self.threads:
            thread.join()
        assert self.errors == []
        return len(self.written)

    def _run(self, seed: int) -> None:
        try:
            dice = random.Random(seed)
            while len(self.written) < EVENTS or not self.harmed.is_set():
                write(self.house, self.person, dice, 20, self.written)
        except BaseException as error:  # noqa: BLE001 (the test looks at it)
            self.errors.append(error)


def write(house: Lighthouse, person: Person, dice: random.Random, events: int, written: list[int]) -> None:
    """Change rows, one in each transaction, with pauses before and after the change."""
    pause = threading.Event()
    with house.app.app_context(), acting_for(person.company_id), acting_as({"kind": "user", "name": "Writer"}):
        for _ in range(events):
            with transaction() as session:
                pause.wait(dice.random() * 0.05)
                number = dice.choice(ROWS)
                change = "UPDATE lantern_rows SET step = step + 1 WHERE number = %s RETURNING step"
                step = session.connection().exec_driver_sql(change, (number,)).scalar_one()
                record(LanternLit(number=number, step=step), version=step)
                pause.wait(dice.random() * 0.02)
            written.append(number)
        db.session.remove()


def kill_and_time(house: Lighthouse) -> float:
    """kill -9 the leader once another stands by; return the seconds until the next one has numbered a fact."""
    wait_for(house.is_standing_by, limit_s=PATIENCE_S, say=house.told_by_relays)
    before = house.leader()
    killed_at = time.time()
    house.kill_leader()
    wait_for(lambda: house.leader() not in {None, before}, limit_s=PATIENCE_S, say=house.told_by_relays)
    led_at = time.time()
    newest = "SELECT extract(epoch FROM min(logged_at))::float AS at FROM event_log WHERE logged_at > to_timestamp(%s)"
    found: list[float] = []

    def is_numbering() -> bool:
        row = house.world.sql.execute(newest, (led_at,)).fetchone()
        found[:] = [row["at"]] if row and row["at"] else []
        return bool(found)

    wait_for(is_numbering, limit_s=PATIENCE_S, say=house.told_by_relays)
    house.start_relay()
    return found[0] - killed_at


def log_of(house: Lighthouse, person: Person) -> list[dict[str, Any]]:
    return house.world.sql.execute(
        "SELECT seq, event_id, row_id, row_version, extract(epoch FROM logged_at - occurred_at)::float AS waited_s "
        "FROM event_log WHERE company_id = %s AND topic = 'lanterns' ORDER BY seq",
        (person.company_id,),
    ).fetchall()


def head_of(house: Lighthouse, person: Person) -> int:
    found = house.world.sql.execute(
        "SELECT seq FROM topic_heads WHERE company_id = %s AND topic = 'lanterns'", (person.company_id,)
    ).fetchone()
    return found["seq"] if found else 0


def inversions(pairs: list[tuple[str, int]]) -> list[str]:
    """Return where a row's versions do not count 1, 2, 3, …"""
    newest: dict[str, int] = {}
    found = []
    for row, version in pairs:
        if version != newest.get(row, 0) + 1:
            found.append(f"row {row}: {newest.get(row)} then {version}")
        newest[row] = version
    return found


def harm(house: Lighthouse) -> tuple[list[float], int]:
    """Kill the leading relay KILLS times, and after each kill harm Valkey; return the takeovers and the harms."""
    for _ in range(STANDBYS):
        house.start_relay()
    harms = cycle([house.flush_valkey, house.kill_valkey, lambda: house.freeze_valkey(FREEZE_S)])
    takeovers = []
    for _ in range(KILLS):
        takeovers.append(kill_and_time(house))
        next(harms)()
    return takeovers, KILLS


def judge_log(house: Lighthouse, person: Person, total: int) -> list[dict[str, Any]]:
    """Tell and assert what the log must be: every fact once, numbered without a gap, each row in its order."""
    rows = log_of(house, person)
    seqs = [row["seq"] for row in rows]
    steps = house.world.sql.execute("SELECT number, step FROM lantern_rows").fetchall()
    turned = inversions([(row["row_id"], row["row_version"]) for row in rows])
    figures.say(f"events lost of {total:,} by {WRITERS} writers", total - len({row["event_id"] for row in rows}), "0")
    figures.say("sequence numbers doubled", len(seqs) - len(set(seqs)), "0")
    figures.say("gaps in the sequence", max(seqs, default=0) - len(set(seqs)), "0")
    figures.say("inversions of a row's events", len(turned), "0")
    figures.say("longest wait of a fact for its number, kills included", max(row["waited_s"] for row in rows), "<= 5 s")
    assert len({row["event_id"] for row in rows}) == total
    assert seqs == list(range(1, total + 1))
    assert turned == []
    newest = {row["row_id"]: row["row_version"] for row in rows}
    assert newest == {str(row["number"]): row["step"] for row in steps if row["step"]}
    return rows


def test_nothing_is_lost_when_relays_and_valkey_die_under_writers(house: Lighthouse) -> None:
    prepare_rows(house)  # from zero, whichever test wrote before
    ada, cleo = house.person(), house.person()
    scripts = [Ear(house.site.url, cookie=cookie_of(ada), topics=["lanterns"]).open() for _ in range(2)]
    pages = [Ear(house.site.url, cookie=cookie_of(ada), rows=True, topics={"lanterns": 0}).open() for _ in range(2)]
    outsider = Ear(house.site.url, cookie=cookie_of(cleo), topics=["lanterns"]).open()
    writers = Writers(house, ada)
    writers.start()
    try:
        takeovers, harms = harm(house)
    finally:
        total = writers.end()
    figures.say(f"slowest of {len(takeovers)} takeovers after kill -9 of the relay", max(takeovers), "<= 5 s")
    figures.say(f"Valkey flushed, killed or frozen {FREEZE_S:g} s, times", harms)
    wait_for(lambda: head_of(house, ada) >= total, limit_s=PATIENCE_S, say=house.told_by_relays)
    rows = judge_log(house, ada, total)
    for ear in scripts:
        ear.wait(lambda ear=ear: len(ear.of("lantern.lit")) >= total, limit_s=PATIENCE_S)
        heard = ear.of("lantern.lit")
        assert [event["seq"] for event in heard] == list(range(1, total + 1))
        assert inversions([(str(event["data"]["number"]), event["data"]["step"]) for event in heard]) == []
    final = {f"lantern-{row['row_id']}": row["row_version"] for row in rows}
    for ear in pages:
        ear.wait(lambda ear=ear: ear.of("rows")[-1]["to"] == total, limit_s=PATIENCE_S)
        assert ear.rows() == final
        at = 0
        for message in ear.of("rows"):
            assert message["from"] == at
            at = message["to"]
    assert outsider.events("lantern") == []
    for ear in [*scripts, *pages, outsider]:
        assert not ear.is_closed.is_set()
        ear.close()
    figures.say("sockets that missed, doubled or inverted a fact, or fell", 0, "0")


def test_pages_stay_live_while_valkey_is_away(house: Lighthouse) -> None:
    prepare_rows(house)
    ada = house.person()
    dice = random.Random(1)
    ear = Ear(house.site.url, cookie=cookie_of(ada), topics=["lanterns"]).open()
    house.valkey.stop()
    write(house, ada, dice, 10, [])
    ear.wait(lambda: len(ear.of("lantern.lit")) == 10, limit_s=PATIENCE_S)
    house.valkey.start()
    write(house, ada, dice, 10, [])
    ear.wait(lambda: len(ear.of("lantern.lit")) == 20, limit_s=PATIENCE_S)
    assert [event["seq"] for event in ear.of("lantern.lit")] == list(range(1, 21))
    ear.close()
