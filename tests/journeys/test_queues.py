"""The pages of queues in real browsers, with a relay and a worker: whole, live, and usable without script."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from app.core.ids import new_ulid
from tests.site import Site, wait_for
from tests.whole import visit
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
Open = Callable[..., Page]
QUEUE = "email"
PAGES = ("", "/email", "/email/pause", "/email/limits", "/email/purge", "/pauses", "/reliability")


@pytest.fixture(autouse=True)
def flowing(pat: Person) -> Iterator[None]:
    """No test leaves a queue held."""
    yield
    assert pat.delete(f"/api/queues/{QUEUE}/pause").status_code == 204


def invite(ada: Person) -> str:
    """Ask for something that ends in a job of the queue."""
    address = f"{new_ulid().lower()}@example.test"
    answer = ada.post("/api/invitations", json={"email": address, "role": "viewer"})
    assert answer.status_code == 201, answer.text
    return address


def waiting_of(pat: Person, ada: Person) -> list[str]:
    told = pat.get(f"/api/queues/{QUEUE}/pending?company={ada.company_slug}").json
    return [one["id"] for one in told["items"]]


def test_every_page_is_whole(open_page: Open, pat: Person, ada: Person) -> None:
    pat.post(f"/api/queues/{QUEUE}/pause", json={"reason": "The mail server moves", "forS": 3600})
    invite(ada)
    wait_for(lambda: waiting_of(pat, ada), limit_s=20)
    [job_id] = waiting_of(pat, ada)
    here = f"/email/pending/{job_id}"
    paths = [f"/queues{path}" for path in (*PAGES, f"{here}/discard", f"{here}/move")]
    assert visit(open_page(pat, "/queues", reduced_motion="reduce"), paths) == []


def test_a_pause_holds_jobs_on_every_open_page_until_it_is_taken_back(
    open_page: Open, pat: Person, ada: Person
) -> None:
    lists, one = open_page(pat, "/queues"), open_page(pat, f"/queues/{QUEUE}")
    for page in (lists, one):
        expect(page.locator("[data-live-word]")).to_have_text("Live", timeout=20_000)
    lists.get_by_role("button", name=f"Pause {QUEUE}", exact=True).click()
    expect(lists.locator(f"#queue-{QUEUE}")).to_contain_text("Paused to", timeout=20_000)
    expect(one.locator("#paused")).to_contain_text("Paused by", timeout=20_000)
    invite(ada)
    expect(one.locator("#pending")).to_contain_text("accounts.send_invitation", timeout=20_000)
    expect(open_page(pat, "/queues/pauses").locator("#rail")).to_contain_text("held")
    lists.get_by_role("button", name="Undo").click()
    expect(lists.locator(f"#queue-{QUEUE}")).not_to_contain_text("Paused", timeout=20_000)
    wait_for(lambda: not waiting_of(pat, ada), limit_s=60)
    expect(one.locator("#paused")).not_to_contain_text(QUEUE, timeout=20_000)


def test_a_pause_with_a_reason_works_without_script(open_page: Open, pat: Person, site: Site) -> None:
    page = open_page(pat, f"/queues/{QUEUE}/pause", java_script_enabled=False)
    page.get_by_label("For how long").select_option("Until somebody resumes")
    page.get_by_label("Reason, shown on every page of queues").fill("The mail server moves")
    page.get_by_role("button", name="Pause it").click()
    expect(page.locator("#verdict")).to_contain_text("is paused by", timeout=20_000)
    expect(page.locator("#paused")).to_contain_text("The mail server moves")
    page.locator("#queue-acts").get_by_role("button", name="Resume").click()
    expect(page.locator("#paused")).not_to_contain_text("The mail server moves")


def test_a_waiting_job_is_discarded_with_a_reason(open_page: Open, pat: Person, ada: Person) -> None:
    pat.post(f"/api/queues/{QUEUE}/pause", json={"forS": 3600})
    invite(ada)
    wait_for(lambda: waiting_of(pat, ada), limit_s=20)
    page = open_page(pat, f"/queues/{QUEUE}?company={ada.company_slug}")
    page.locator("#pending tbody tr").first.get_by_role("button", name="Acts on").click()
    page.get_by_role("link", name="Discard it…").click()
    page.get_by_label("Reason, kept in the audit log").fill("Sent to the wrong address")
    page.get_by_role("button", name="Discard 1 job").click()
    expect(page.locator("body")).to_contain_text("is discarded: it will not run.")
    assert waiting_of(pat, ada) == []
