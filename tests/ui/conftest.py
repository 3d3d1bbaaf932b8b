"""Templates drawn as the app draws them, for a made-up person; no database is asked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g, render_template, render_template_string
from jinja2 import ChoiceLoader, FileSystemLoader
from playwright.sync_api import Browser, Page, Route

from app.core import clock, web
from app.core.access import Role
from app.core.auth import Company, Principal
from app.core.errors import Forbidden
from app.core.ids import CompanyId, UserId

HOST = "http://quarterdeck.test"
SPECIMEN = Path(__file__).parent / "specimen"
LIVE = {"orders": {"epoch": "e1", "head": 4}}

Draw = Callable[..., str]


def person(role: Role = Role.STAFF, **preferences: Any) -> Principal:
    """Somebody signed in, made up."""
    harbour = Company(CompanyId(1), "harbour", "Harbour Optical")
    return Principal(
        user_id=UserId(1),
        home_company_id=CompanyId(1),
        public_id="01JD0000000000000000000000",
        email="ines@demo.test",
        name="Inês Duarte",
        role=role,
        company=None if role is Role.PLATFORM_ADMIN else harbour,
        acting_in=harbour,
        kind="session",
        credential="none",
        preferences=preferences,
    )


@contextmanager
def seen_by(app: Flask, who: Principal | None, path: str = "/orders") -> Iterator[None]:
    """Be inside a request of somebody."""
    with app.test_request_context(path):
        g.principal = who
        yield


@pytest.fixture
def draw(app: Flask) -> Draw:
    """Draw template text with the kit imported: `draw('{{ ui.icon("plus") }}')`."""

    def drawn(source: str, who: Principal | None = None, **context: Any) -> str:
        with seen_by(app, who):
            return render_template_string('{% import "ui/kit.html" as ui %}' + source, **context)

    return drawn


@pytest.fixture
def specimen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Draw the page that holds every part."""
    loader = ChoiceLoader([app.jinja_env.loader or FileSystemLoader([]), FileSystemLoader(SPECIMEN)])
    monkeypatch.setattr(app.jinja_env, "loader", loader)

    def drawn(who: Principal | None = None, **context: Any) -> str:
        with seen_by(app, who or person()):
            past = {"past": lambda minutes: clock.now() - timedelta(minutes=minutes)}
            frame = {"live": LIVE, "flashes": [{"text": "Order 47310 cancelled", "undo": "/undo"}]}
            return render_template("specimen.html", **past, **frame, **context)

    return drawn


@pytest.fixture
def open_specimen(app: Flask, browser: Browser, specimen: Draw) -> Iterator[Callable[..., Page]]:
    """Open the specimen in a browser; assets come from the app, answers from the table below, nothing else is there."""
    contexts = []

    def fulfil(route: Route, html: str) -> None:
        path = route.request.url.removeprefix(HOST)
        if path.startswith("/assets/"):
            answer = app.test_client().get(path)
            route.fulfill(status=answer.status_code, body=answer.data, headers=dict(answer.headers))
        elif path.startswith("/answers/"):
            route.fulfill(**answer_of(app, path.rpartition("/")[2]))
        elif path.startswith("/settings/"):
            route.fulfill(status=204)
        elif path == "/specimen":
            route.fulfill(body=html, headers={"Content-Type": "text/html", "Content-Security-Policy": web.CSP})
        else:
            route.fulfill(body=f"<title>{path}</title>", headers={"Content-Type": "text/html"})

    def run(who: Principal | None = None, **options: Any) -> Page:
        # Nothing answers a socket here: without its positions the live scripts rest, and tests say what they would say.
        html = specimen(who).replace("data-live='", "data-live-resting='")
        context = browser.new_context(**options)
        contexts.append(context)
        context.route("**/*", lambda route: fulfil(route, html))
        page = context.new_page()
        page.goto(f"{HOST}/specimen")
        return page

    yield run
    for context in contexts:
        context.close()


def answer_of(app: Flask, name: str) -> dict[str, Any]:
    """What the server says to the specimen's buttons."""
    if name == "toast":
        return {"status": 204, "headers": {"HX-Trigger": '{"toast": {"text": "Order 5 packed", "undo": "/undo/5"}}'}}
    if name == "broken":
        return {"status": 500, "body": "<h1>broken</h1>", "headers": {"X-Request-Id": "01JBROKEN"}}
    if name == "expired":
        return {"status": 401, "headers": {"HX-Redirect": "/login"}}
    with seen_by(app, person()):
        text = render_template("errors/fragment.html", problem=Forbidden(permission="orders:write"), request_id="01J")
    return {"status": 403, "body": text, "headers": {"Content-Type": "text/html"}}
