"""Every route × method × person, generated from the URL map: nobody reads or changes another company's things."""

import hashlib
import itertools
import os
from collections import Counter
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.laws.furnished import Furnished, furnish
from tests.laws.leaks import Row, tenant_tables
from tests.world import Person, World

pytestmark = pytest.mark.slow
AT_LEAST = int(os.environ.get("CROSSING_ATTEMPTS", "5000"))
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# Streams never end by themselves; their topics are checked in tests/realtime.
CODES = []
ENDLESS = {"/api/events/stream"}


class Stranger:
    """A browser that is not signed in."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def ask(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        return self.client.open(path, method=method, headers={"Sec-Fetch-Site": "same-origin"}, **kwargs)


def bodies(theirs: Furnished) -> list[dict[str, Any]]:
    """Return what an attacker sends: nothing, the other company named, its things named."""
    ids = {"number": theirs.values["number"], "sku": theirs.values["sku"], "numbers": [theirs.values["number"]]}
    line = {"sku": theirs.values["sku"], "quantity": 1, "unitPrice": "1.00"}
    return [
        {},
        {"companyId": theirs.owner.company_slug, "company_id": int(theirs.owner.company_id)},
        {**ids, "name": "x", "delta": -1, "reason": "damaged", "version": 1, "text": "x", "role": "viewer"},
        {"customer": {"name": "x"}, "currency": "GBP", "lines": [line]},
    ]


def test_nobody_crosses(app: Flask, world: World, ada: Person, superuser_url: str) -> None:
    theirs = furnish(ada)
    outsiders: dict[str, Any] = {
        "anonymous": Stranger(app),
        "other admin": world.northwind("company_admin"),
        "other staff": world.northwind("staff"),
        "other viewer": world.northwind("viewer"),
    }
    unknown = [rule.rule for rule in app.url_map.iter_rules() if theirs.path(rule) is None]
    assert unknown == [], f"tests/laws/furnished.py has no value for {unknown}"
    before, attempts, leaks = snapshot(world, ada.company_id), Counter[str](), []
    for who, outsider in outsiders.items():
        for rule, method, body in itertools.product(app.url_map.iter_rules(), METHODS, bodies(theirs)):
            if rule.rule in ENDLESS or is_own_exit(rule):
                continue
            if method not in (rule.methods or set()) and body:
                continue  # a method the route does not know is tried once
            for how in ({"json": body}, {"data": body, "query_string": {"companyId": ada.company_slug}}):
                if how.get("data") and not all(isinstance(value, str | int) for value in body.values()):
                    continue
                attempts[who] += 1
                answer = outsider.ask(method, theirs.path(rule), **how); CODES.append((who, answer.status_code))
                if answer.status_code >= 500 or theirs.mark in shown(answer, theirs):
                    leaks.append(f"{who} {method} {rule.rule} {body} {answer.status_code}")
    print("COUNT", attempts, __import__("collections").Counter(CODES).most_common(30)); assert leaks == []
    assert snapshot(world, ada.company_id) == before
    assert sum(attempts.values()) >= AT_LEAST, attempts


def shown(answer: TestResponse, theirs: Furnished) -> str:
    """Return what the answer shows, less what the attacker sent himself."""
    return answer.text.replace(theirs.values["sku"], "")


def is_own_exit(rule: Rule) -> bool:
    """True for acts that end the attacker's own session."""
    return "logout" in rule.rule or rule.endpoint == "static" or "password" in rule.rule


def test_a_viewer_changes_nothing(app: Flask, world: World, ada: Person, vera: Person) -> None:
    theirs = furnish(ada)
    own = {"/logout", "/settings", "/sessions", "/password", "/company", "/socket-ticket", "/login", "/user", "/totp"}
    own.add("/evaluate/")  # asked by POST, and a question all the same
    own.add("/notifications")  # what one was told oneself, marked as read
    before = snapshot(world, ada.company_id, skip={"sessions", "users", "socket_tickets", "saved_views"})
    for rule, method, body in itertools.product(app.url_map.iter_rules(), METHODS[1:], bodies(theirs)):
        if method not in (rule.methods or set()) or any(part in rule.rule for part in own):
            continue
        answer = vera.ask(method, theirs.path(rule), json=body)
        assert answer.status_code >= 400, f"viewer {method} {rule.rule} {answer.status_code}"
        assert answer.status_code < 500, f"viewer {method} {rule.rule} {answer.status_code}"
    assert snapshot(world, ada.company_id, skip={"sessions", "users", "socket_tickets", "saved_views"}) == before


def snapshot(world: World, company_id: int, skip: set[str] = frozenset({"sessions"})) -> dict[str, str]:  # type: ignore[assignment]
    """Return a digest of every row a company owns, by table. Sessions move when their owner looks."""
    found: dict[str, str] = {}
    for table in tenant_tables(world.sql):
        if table in skip:
            continue
        rows: list[Row] = world.sql.execute(
            f"SELECT md5(t::text) AS digest FROM {table} t WHERE company_id = %s ORDER BY 1", (company_id,)
        ).fetchall()
        found[table] = hashlib.sha256("".join(row["digest"] for row in rows).encode()).hexdigest()
    return found
