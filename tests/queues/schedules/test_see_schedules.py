"""The pages of schedules and workers in real browsers and processes: whole, live, and without script."""

import os
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.core import clock
from tests.queues.schedules.conftest import Make
from tests.site import Site, wait_for
from tests.whole import visit
from tests.world import Person, World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Page]
ARGS = {"schedule": "none", "due_at": "2026-01-01T00:00:00Z", "name": "chore.none", "values": {}, "words": "Nothing"}


@pytest.fixture
def plan(pat: Person, site: Site) -> Iterator[dict[str, Any]]:
    """A schedule that somebody made."""
    known = pat.get("/api/schedules").json["items"]
    job = next(one["job"] for one in known if one["state"] != "unknown")
    body = {"title": "Count the shelves", "job": job, "cron": "0 9 * * 1-5", "timezone": "Europe/London"}
    args = next(one["args"] for one in known if one["job"] == job)
    scope = next(one["scope"] for one in known if one["job"] == job)
    made = pat.post("/api/schedules", json={**body, "args": args, "scope": scope})
    assert made.status_code == 201, made.text
    yield dict(made.json or {})
    pat.delete(f"/api/schedules/{made.json['id']}", json={"reason": "The test is over"})


@pytest.fixture
def seeded(pat: Person, site: Site) -> None:
    """The relay has looked at the clock and asked the workers."""
    wait_for(lambda: pat.get("/api/schedules").json["items"], limit_s=60, say=lambda: site.log("relay"))
    wait_for(lambda: pat.get("/api/workers").json["items"], limit_s=90, say=lambda: site.log("worker"))


def test_every_page_is_whole(open_page: Open, pat: Person, seeded: None, plan: dict[str, Any]) -> None:
    pat.post(f"/api/schedules/{plan['id']}/skip")
    node = pat.get("/api/workers").json["items"][0]["node"]
    here, there = f"/schedules/{plan['id']}", f"/workers/{node}"
    acts = [f"{there}/{act}" for act in ("pool", "autoscale", "consumers", "rate-limit", "time-limit", "shutdown")]
    paths = (
        "/schedules", here, "/schedules/new", f"{here}/edit", f"{here}/pause", f"{here}/run", f"{here}/removal",
        "/workers", there, *acts,
    )  # fmt: skip
    assert visit(open_page(pat, "/schedules", reduced_motion="reduce"), paths) == []


def test_two_who_look_at_the_clock_fire_each_minute_once(
    site: Site, pat: Person, seeded: None, make_schedule: Make, rows: Callable[..., list[dict[str, Any]]]
) -> None:
    site.start("beat", "flask", "beat")
    try:
        wait_for(lambda: {"beat", "relay"} <= set(kinds(pat)), limit_s=120, say=lambda: site.log("beat"))
        made = [make_schedule(cron="* * * * *", job="schedules.fan_out", due=soon(), args=ARGS) for _ in range(5)]
        wait_for(lambda: all(fired(rows, one.id) for one in made), limit_s=150, say=lambda: site.log("beat"))
        for one in made:
            runs = fired(rows, one.id)
            assert len({run["due_at"] for run in runs}) == len(runs)
            jobs = rows("SELECT id FROM jobs WHERE schedule_id = %s AND name = 'schedules.fan_out'", one.id)
            assert len(jobs) == len(runs)
    finally:
        site.processes["beat"].terminate()
        site.processes.pop("beat").wait(20)


def test_when_the_last_one_stops_a_web_process_gives_the_alarm(
    site: Site, world: World, pat: Person, seeded: None, rows: Callable[..., list[dict[str, Any]]]
) -> None:
    alarms = "SELECT data FROM outbox WHERE type = 'scheduler.silent'"
    relay, frozen = site.processes.pop("relay"), set[int]()
    try:
        relay.terminate()
        relay.wait(60)
        wait_for(lambda: silence(pat, world, frozen) or rows(alarms), limit_s=120, say=lambda: site.log("web"))
        assert pat.get("/api/schedules").json["scheduler"]["silent"]
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
        site.start_relay()
    wait_for(lambda: not pat.get("/api/schedules").json["scheduler"]["silent"], limit_s=120)


def silence(pat: Person, world: World, frozen: set[int]) -> None:
    """Stop the relays of other tests' sites on this database, who would look; and let a minute pass for who is still."""
    for name in pat.get("/api/schedules").json["scheduler"]["processes"]:
        pid = int(name.rsplit(":", 1)[1])
        with suppress(OSError):
            if pid not in frozen and b"relay" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGSTOP)
                frozen.add(pid)
        if pid in frozen or not Path(f"/proc/{pid}").exists():
            world.sql.execute(
                "UPDATE schedulers SET ticked_at = ticked_at - interval '61 seconds' WHERE process = %s", (name,)
            )


def soon() -> datetime:
    """Return when both have looked once more, and find it due."""
    return clock.now().replace(microsecond=0) + timedelta(seconds=2)


def kinds(pat: Person) -> list[str]:
    return [name.split(":")[0] for name in pat.get("/api/schedules").json["scheduler"]["processes"]]


def fired(rows: Callable[..., list[dict[str, Any]]], schedule_id: str) -> list[dict[str, Any]]:
    return rows("SELECT * FROM schedule_runs WHERE schedule_id = %s AND outcome = 'fired'", schedule_id)


def test_words_and_times_come_while_one_types(open_page: Open, pat: Person, seeded: None) -> None:
    page = open_page(pat, "/schedules/new")
    expect(page.locator("#preview")).to_contain_text("Every weekday at 09:00")
    page.get_by_label("Cron").fill("*/20 * * * *")
    expect(page.locator("#preview")).to_contain_text("Every 20 minutes", timeout=10_000)
    page.get_by_label("Cron").fill("*/20 * * *")
    expect(page.locator("#preview")).to_contain_text("Write five fields", timeout=10_000)


def test_an_open_list_shows_a_pause_without_a_reload(
    open_page: Open, pat: Person, seeded: None, plan: dict[str, Any]
) -> None:
    page = open_page(pat, "/schedules")
    row = page.locator(f"#schedule-{plan['id']}")
    expect(page.locator("[data-live-word]")).to_have_text("Live", timeout=10_000)
    pat.post(f"/api/schedules/{plan['id']}/pause", json={"reason": "Stock take"})
    expect(row).to_contain_text("Paused", timeout=15_000)
    row.get_by_role("button", name="Resume Count the shelves").click()
    expect(page.locator(f"#schedule-{plan['id']}")).not_to_contain_text("Paused", timeout=15_000)


def test_all_of_it_works_without_script(open_page: Open, pat: Person, seeded: None, plan: dict[str, Any]) -> None:
    page = open_page(pat, "/schedules/new", java_script_enabled=False)
    page.get_by_label("Title").fill("Made without script")
    page.get_by_label("Job", exact=True).select_option(plan["job"])
    page.get_by_label("Runs", exact=True).select_option(plan["scope"])
    page.get_by_label("Arguments").fill("{}" if not plan["args"] else str(plan["args"]).replace("'", '"'))
    page.get_by_label("Cron").fill("15 4 * * SUN")
    page.get_by_role("button", name="Preview its times").click()
    expect(page.locator("#preview")).to_contain_text("Every Sunday at 04:15")
    page.get_by_role("button", name="Schedule it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Made without script")
    page.get_by_role("button", name="Skip next").click()
    expect(page.get_by_role("button", name="Take back the skip")).to_be_visible()
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator("#verdict")).to_contain_text("It is paused")
    page.goto(page.url.rstrip("/") + "/removal")
    page.get_by_label("Reason, kept in the audit log").fill("The test is over")
    page.get_by_role("button", name="Delete it").click()
    expect(page).to_have_url(re.compile(r"/schedules$"))


def test_a_worker_is_told_without_script(open_page: Open, pat: Person, seeded: None) -> None:
    node = pat.get("/api/workers").json["items"][0]["node"]
    page = open_page(pat, f"/workers/{node}/rate-limit", java_script_enabled=False)
    page.get_by_label("Job", exact=True).select_option("schedules.fan_out")
    page.get_by_label("At most so often, in each worker").fill("0")
    page.get_by_role("button", name="Set the limit").click()
    expect(page.locator("#verdict")).to_contain_text("1 worker did it")
    expect(page.locator("table")).to_contain_text(node)
