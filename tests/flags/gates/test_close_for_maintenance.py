"""maintenance-mode: a page for everybody but platform admins, and a way in for those."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.flags.gates.switch import blocked, switched
from tests.site import Site, wait_for
from tests.world import SAME_ORIGIN, Person


def test_everybody_but_platform_admins_gets_the_page(ada: Person, vera: Person, pat: Person) -> None:
    with switched(pat, "maintenance-mode", on=True):
        for person in (ada, vera):
            answer = person.get("/orders")
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
            assert "Closed for maintenance" in answer.text
            assert "<script>" not in answer.text
        text = pat.get("/").text
        assert "Maintenance mode is on for everybody else" in text
        assert 'href="/flags/maintenance-mode"' in text
    assert ada.get("/orders").status_code == 200
    assert "Maintenance mode is on" not in pat.get("/").text


def test_scripts_get_a_problem_and_fragments_a_notice(ada: Person, pat: Person) -> None:
    with switched(pat, "maintenance-mode", on=True):
        answer = ada.get("/api/orders")
        assert (answer.status_code, answer.mimetype) == (503, "application/problem+json")
        assert (answer.json or {})["code"] == "maintenance"
        piece = ada.fragment("/orders")
        assert piece.status_code == 503
        assert 'data-problem="maintenance"' in piece.text
        assert ada.post("/orders", data={}).status_code == 503
        assert pat.get("/api/user").status_code == 200


def test_the_way_in_stays_open(app: Flask, pat: Person, ada: Person) -> None:
    with switched(pat, "maintenance-mode", on=True):
        stranger = app.test_client()
        for path in ("/login", "/health/live", "/static/away.html", "/docs/problems"):
            assert stranger.get(path).status_code == 200, path
        assert stranger.get("/orders").status_code == 503
        form = {"email": pat.email, "password": pat.password}
        assert stranger.post("/login", data=form, headers=SAME_ORIGIN).status_code == 303
        assert stranger.get("/settings").status_code == 200
        assert ada.post("/logout").status_code in {204, 303}


def test_somebody_can_be_spared(ada: Person, cleo: Person, pat: Person) -> None:
    with switched(pat, "maintenance-mode", on=True), blocked(pat, "maintenance-mode", ada.public_id):
        assert cleo.get("/orders").status_code == 503
        assert ada.get("/orders").status_code == 200


@pytest.mark.browser
def test_open_pages_are_told_and_come_back(
    open_page: Callable[..., Page], site: Site, ada: Person, pat: Person
) -> None:
    told = open_page(ada, "/orders")
    expect(told.locator("[data-live-badge], .live").first).to_be_attached()
    other = open_page(ada, "/inventory")
    with switched(pat, "maintenance-mode", on=True):
        expect(told.locator("#toasts")).to_contain_text("Maintenance", timeout=10_000)
        wait_for(lambda: is_closed(other))
        expect(other.get_by_role("heading", level=1)).to_have_text("Closed for maintenance")
    other.get_by_role("link", name="Try again").click()
    wait_for(lambda: not is_closed(other))


def is_closed(page: Page) -> bool:
    page.goto("/inventory")
    return page.title().startswith("Maintenance")
