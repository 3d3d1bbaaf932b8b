"""Finding who holds up the others, and stopping it, in a real browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.queries.panels.backends import holding, waiting
from tests.site import wait_for
from tests.whole import listen, look_from_all_sides
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LOCK, PATIENT = "SELECT pg_advisory_xact_lock(7071)", "SET lock_timeout = 0"
LASTING = ("SET idle_in_transaction_session_timeout = 0", "SET statement_timeout = 0", PATIENT)


def test_who_holds_up_the_others_is_found_and_stopped(
    open_page: Callable[..., Page], pat: Person, world: Any, urls: dict[str, str]
) -> None:
    url = urls["DATABASE_URL"]
    page = open_page(pat, "/", reduced_motion="reduce")  # no colour is looked at while it changes
    faults = listen(page)
    with holding(url, *LASTING, LOCK) as holder, waiting(world.sql, url, *LASTING, LOCK) as pid:
        root = holder.info.backend_pid
        page.goto("/slow-queries")
        page.get_by_role("link", name="Running now").first.click()
        expect(page.locator(".verdict")).to_contain_text(f"Backend {root} holds up 1 other.")
        assert page.locator(f"#lock-{pid} td").first.get_attribute("class") == "clip e-name d1"
        faults += [f"live: {fault}" for fault in look_from_all_sides(page)]
        page.get_by_role("link", name=f"Cancel the statement of backend {pid}").first.click()
        faults += [f"cancel: {fault}" for fault in look_from_all_sides(page)]
        page.get_by_role("link", name="Let it run").click()
        page.get_by_role("link", name=f"End the connection of backend {root}").first.click()
        faults += [f"terminate: {fault}" for fault in look_from_all_sides(page)]
        page.get_by_label("Reason, kept in the audit log").fill("Nobody is at that terminal")
        page.get_by_label("to confirm").fill(str(root))
        page.get_by_role("button", name="End the connection").click()
        expect(page.locator("#toasts").get_by_text(f"The connection of backend {root} is ended")).to_be_visible()
        gone = "SELECT 1 FROM pg_stat_activity WHERE pid = %s"
        wait_for(lambda: world.sql.execute(gone, (root,)).fetchone() is None)
        expect(page.locator(f"#lock-{root}")).to_have_count(0)
    page.goto("/slow-queries/tables")
    faults += [f"tables: {fault}" for fault in look_from_all_sides(page)]
    page.get_by_role("link", name="Loose").click()
    expect(page.get_by_role("link", name="Loose")).to_have_attribute("aria-current", "true")
    assert faults == []
