"""Watching a job in a browser: what it says and how far it is arrives while it runs."""

import threading
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from app.core import tasks
from app.core.tasks import job, progress, say
from tests.journeys.live import wait_until_live
from tests.queues.pages.given import queued
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LIMIT_MS = 20_000
go_on = threading.Semaphore(0)


@job(queue="maintenance", name="chore.step-by-step")
def step_by_step(steps: int) -> None:
    """Say one thing a step, and wait to be told to go on."""
    for step in range(1, steps + 1):
        say(f"Shelf {step} is counted")
        progress(step, steps, f"At shelf {step}")
        if not go_on.acquire(timeout=60):
            return


@pytest.fixture
def running(ada: Person) -> Iterator[str]:
    """A job that runs beside the test."""
    while go_on.acquire(blocking=False):  # what an earlier test left
        pass
    job_id = queued(ada, step_by_step, 3, title="Count the shelves")

    def work() -> None:
        with ada.app.app_context():
            tasks.run_job(ada.company_id, job_id)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield job_id
    for _ in range(3):
        go_on.release()
    thread.join(timeout=60)


def test_lines_and_progress_arrive_while_it_runs(ada: Person, open_page: Callable[..., Page], running: str) -> None:
    page = open_page(ada, f"/jobs/{running}")
    wait_until_live(page)
    log, head = page.locator("#job-detail .log"), page.locator("#job-verdict")
    for step in (1, 2, 3):
        expect(log).to_contain_text(f"Shelf {step} is counted", timeout=LIMIT_MS)
        expect(page.locator("#job-detail")).to_contain_text(f"At shelf {step}", timeout=LIMIT_MS)
        go_on.release()
    expect(head).to_contain_text("Done in", timeout=LIMIT_MS)
    expect(page.locator("#job-pill")).to_contain_text("Done")


def test_a_platform_admin_without_a_company_sees_them_too(
    pat: Person, open_page: Callable[..., Page], running: str
) -> None:
    page = open_page(pat, f"/jobs/{running}")
    log = page.locator("#job-detail .log")
    expect(log).to_contain_text("Shelf 1 is counted", timeout=LIMIT_MS)
    go_on.release()
    expect(log).to_contain_text("Shelf 2 is counted", timeout=LIMIT_MS)
