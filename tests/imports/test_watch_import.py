"""A person brings a file in a browser and watches it being imported, without a reload."""

import pytest
from playwright.sync_api import expect

from tests.imports.conftest import HEADER


@pytest.mark.browser
def test_a_file_is_looked_at_started_and_watched_to_its_end(ada, open_page, write, ask):
    lines = [
        f"{10_000 + n},{'ABCDEFG'[k]},Thing {k},{k + 1},2011-01-{1 + n % 28:02d} 10:{n % 60:02d}:00,1.25,{n % 50},France"
        for n in range(1200)
        for k in range(7)
    ]
    path = write("\n".join([HEADER, *lines]) + "\n")
    page = open_page(ada, "/orders/import")
    page.get_by_label("CSV file").set_input_files(path)
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("heading", name="What is in the file")).to_be_visible()
    expect(page.locator("#import-detail")).to_contain_text("Sales")
    assert ask(ada, "SELECT count(*) FROM orders") == [(0,)]

    page.get_by_role("button", name="Import this file").click()
    page.evaluate("window.notReloaded = true")
    expect(page.locator("#import-detail")).to_contain_text("1,200 orders were created", timeout=60_000)
    assert page.evaluate("window.notReloaded") is True
    assert ask(ada, "SELECT count(*) FROM orders") == [(1200,)]


@pytest.mark.browser
def test_an_open_list_of_jobs_follows_the_work(ada, open_page, write):
    page = open_page(ada, "/jobs")
    answer = ada.post(
        "/api/orders/imports?name=watched.csv",
        data=HEADER + "\n1,A,Thing,2,2011-01-04 10:00:00,1.50,7,France\n",
        headers={"Content-Type": "text/csv"},
    )
    assert answer.status_code == 202
    link = page.get_by_role("link", name="Import watched.csv")
    shown = page.locator("[data-arrivals]:visible").or_(link)
    expect(shown.first).to_be_visible(timeout=20_000)


@pytest.mark.browser
def test_the_form_works_without_script(ada, open_page, write):
    page = open_page(ada, "/orders/import", java_script_enabled=False)
    page.get_by_label("CSV file").set_input_files(write("a,b\n1,2\n"))
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_role("alert").first).to_contain_text("does not name the columns")
