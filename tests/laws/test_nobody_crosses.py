"""Every route × method × person, generated from the URL map: nobody reads or changes another company's things."""

import hashlib
import itertools
import os
from collections import defaultdict
from collections.abc import Iterator
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
ENDLESS = {"/api/events/stream"}


OUTSIDERS = ("anonymous", "company_admin", "staff", "viewer")
How = dict[str, Any]


class Stranger:
    """A browser that is not signed in."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def ask(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"Sec-Fetch-Site": "same-origin", **kwargs.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **kwargs)


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


def ways(method: str, path: str, theirs: Furnished) -> list[How]:
    """Return how an attacker asks: as the route reads it with every body, and once as it does not."""
    nothing, company, ids, order = bodies(theirs)
    named = {"query_string": {"companyId": theirs.owner.company_slug}}
    if method == "GET":
        return [{}, {"query_string": company}, {"query_string": ids}, {"json": company}]
    if path.startswith(("/api/", "/ofrep/")):
        return [*({"json": body} for body in (nothing, company, ids, order)), {"data": company, **named}]
    return [*({"data": body, **named} for body in (nothing, company, ids)), {"json": ids}]


def attempts(app: Flask, theirs: Furnished) -> Iterator[tuple[str, str, How]]:
    """Give every address with every method; a method that it does not know is tried once, as a script does."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for rule in app.url_map.iter_rules():
        if rule.rule not in ENDLESS and not is_own_exit(rule):
            known[theirs.path(rule) or ""] |= rule.methods or set()
    for path, method in itertools.product(known, METHODS):
        as_script = [{"headers": {"Accept": "application/json"}}]
        for how in ways(method, path, theirs) if method in known[path] else as_script:
            yield method, path, how


@pytest.mark.parametrize("who", OUTSIDERS)
def test_nobody_crosses(app: Flask, world: World, ada: Person, who: str) -> None:
    theirs = furnish(ada)
    outsider: Any = Stranger(app) if who == "anonymous" else world.northwind(who)
    unknown = [rule.rule for rule in app.url_map.iter_rules() if theirs.path(rule) is None]
    assert unknown == [], f"tests/laws/furnished.py has no value for {unknown}"
    before, made, leaks = snapshot(world, ada.company_id), 0, []
    for made, (method, path, how) in enumerate(attempts(app, theirs), start=1):  # noqa: B007 (how many is asked below)
        answer = outsider.ask(method, path, **how)
        if answer.status_code >= 500 or theirs.mark in shown(answer, theirs):
            leaks.append(f"{who} {method} {path} {how} {answer.status_code}")
    assert leaks == []
    assert snapshot(world, ada.company_id) == before
    assert made * len(OUTSIDERS) >= AT_LEAST, made


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
    before = snapshot(world, ada.company_id, skip=MOVING | {"users", "socket_tickets", "saved_views"})
    for rule, method, body in itertools.product(app.url_map.iter_rules(), METHODS[1:], bodies(theirs)):
        if method not in (rule.methods or set()) or any(part in rule.rule for part in own):
            continue
        answer = vera.ask(method, theirs.path(rule), json=body)
        assert answer.status_code >= 400, f"viewer {method} {rule.rule} {answer.status_code}"
        assert answer.status_code < 500, f"viewer {method} {rule.rule} {answer.status_code}"
    assert snapshot(world, ada.company_id, skip=MOVING | {"users", "socket_tickets", "saved_views"}) == before


# Sessions move when their owner looks, and what storage was asked for is counted a moment later.
MOVING = frozenset({"sessions", "storage_days"})


def snapshot(world: World, company_id: int, skip: frozenset[str] = MOVING) -> dict[str, str]:
    """Return a digest of every row a company owns, by table."""
    found: dict[str, str] = {}
    for table in tenant_tables(world.sql):
        if table in skip:
            continue
        rows: list[Row] = world.sql.execute(
            f"SELECT md5(t::text) AS digest FROM {table} t WHERE company_id = %s ORDER BY 1", (company_id,)
        ).fetchall()
        found[table] = hashlib.sha256("".join(row["digest"] for row in rows).encode()).hexdigest()
    return found
