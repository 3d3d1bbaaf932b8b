"""What attackers try: every address with every method, and each of them in many ways."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import Flask
from pydantic.alias_generators import to_camel
from werkzeug.routing import Rule

from app.core.api import Contract
from app.core.openapi import contracts
from tests.laws.furnished import Furnished
from tests.laws.loot import Loot
from tests.laws.shaped import fill

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
How = dict[str, Any]
# Never ends by itself, and is tried on a real server: tests/faults/test_cross_no_company_live.py.
ENDLESS = {"/api/events/stream"}


@dataclass(frozen=True)
class Attempt:
    """One request of an attacker."""

    method: str
    path: str
    how: How = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.how}"


@dataclass
class Siege:
    """Everything that can be tried against one company from inside another.

    Attributes:
        mine: The attackers' own things, for requests that mix both.
    """

    app: Flask
    loot: Loot
    mine: Furnished
    dice: random.Random

    def attempts(self, most: int, turn: int) -> list[Attempt]:
        """Return so many attempts, or all there are, as the dice order them.

        Args:
            most: How many.
            turn: 0 or 1: which half of the addresses comes first as it is. Two sieges leave none out.
        """
        rules = [rule for rule in self.app.url_map.iter_rules() if rule.rule not in ENDLESS and not is_own_exit(rule)]
        plain = [(rule, method) for rule in rules for method in METHODS if method in (rule.methods or set())]
        first = [Attempt(method, self.path(rule)) for rule, method in plain[turn::2]]
        others = [Attempt(method, self.path(rule)) for rule, method in plain[1 - turn :: 2]]
        others += [one for rule in rules for method in METHODS for one in self.vary(rule, method)]
        self.dice.shuffle(others)
        return [*first, *others][: max(most, len(first))]

    def path(self, rule: Rule) -> str:
        return self.loot.theirs.path(rule) or ""

    def vary(self, rule: Rule, method: str) -> Iterator[Attempt]:
        """Give one address in every way; a method it does not know is tried once, as a script does."""
        path, own = self.path(rule), self.mine.path(rule) or ""
        if method not in (rule.methods or set()):
            yield Attempt(method, path, {"headers": {"Accept": "application/json"}})
            return
        yield from (Attempt(method, path, {"headers": headers}) for headers in self.headers(path))
        yield from (Attempt(method, path, {"query_string": query}) for query in self.queries(rule.rule, method, path))
        if method == "GET":
            yield Attempt(method, path, {"json": self.company})
            return
        for replay in self.loot.replays:
            if replay.path == path and replay.method == method:
                yield Attempt(method, path, {"json": replay.body, "headers": {"Idempotency-Key": replay.key}})
        for target in {path: None, own: None}:
            for body in self.bodies(rule.rule, method):
                yield Attempt(method, target, {"json": body})
                yield Attempt(method, target, {"data": flat(body), "query_string": self.company})

    @cached_property
    def company(self) -> dict[str, Any]:
        """The other company, named as our API and as others name it."""
        owner = self.loot.theirs.owner
        return {"companyId": owner.company_slug, "company_id": int(owner.company_id), "company": owner.company_slug}

    @cached_property
    def ids(self) -> dict[str, Any]:
        """Its things, by every name our shapes have for them."""
        known = self.loot.theirs.values
        named = {to_camel(name): known[name] for name in known if name.endswith("_id")}
        several = {"numbers": [known["number"]], "skus": [known["sku"]], "ids": [known["job_id"], known["file_id"]]}
        one = {"number": known["number"], "orderNumber": known["number"], "sku": known["sku"], "id": known["file_id"]}
        people = {"userId": known["user_id"], "who": known["user_id"], "actor": known["user_id"]}
        where = {"subject": f"job:{known['job_id']}", "rootId": known["job_id"], "parentId": known["job_id"]}
        return {**named, **several, **one, **people, **where, "file": known["file_id"], "targetId": known["sku"]}

    def headers(self, path: str) -> list[dict[str, str]]:
        """Claims that some servers believe, other ways to ask, and what was picked up."""
        owner, known = self.loot.theirs.owner, self.loot.theirs.values
        slug, number = owner.company_slug, str(int(owner.company_id))
        signed = self.loot.signed.rpartition("/")[2]
        return [
            {"X-Company": slug, "X-Company-Id": number, "X-Tenant-Id": number, "X-Quarterdeck-Company": slug},
            {
                "Host": f"{slug}.localhost",
                "X-Forwarded-Host": f"{slug}.localhost",
                "Forwarded": f"host={slug}.localhost",
            },
            {"X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1", "X-Forwarded-User": known["user_id"]},
            {"X-Original-URL": path, "X-Rewrite-URL": path, "X-HTTP-Method-Override": "GET"},
            {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": f"div#order-{known['number']}"},
            {"HX-Request": "true", "HX-Target": "views", "HX-Current-URL": f"/inventory/{known['sku']}"},
            {"Cookie": f"company={slug}; company_id={number}; qd={known['session_id']}"},
            {"Authorization": f"Bearer {self.loot.ticket}"},
            {"Authorization": f"Bearer {known['token_id']}", "X-API-Key": signed},
            {"Idempotency-Key": self.dice.choice(self.loot.replays).key},
            {"Last-Event-ID": "0", "If-None-Match": "*", "Range": "bytes=0-"},
            {"Accept": "application/json", "X-Live": "1"},
        ]

    def queries(self, rule: str, method: str, path: str) -> list[dict[str, Any]]:
        """Its name, its things, its positions, and what the address takes, filled with its things."""
        found: list[dict[str, Any]] = [self.company, flat(self.ids), *self.shaped(rule, method, "query")]
        cursors = list(self.loot.cursors.values())
        if method == "GET":
            own = self.loot.cursors.get(path)
            found += [{"after": cursor} for cursor in ([own] if own else []) + self.dice.sample(cursors, 2)]
            found += [{"after": 0, "topic": "orders", "limit": 1000}, {"q": self.loot.theirs.values["sku"]}]
        return found

    def bodies(self, rule: str, method: str) -> list[dict[str, Any]]:
        """Nothing, its name, its things, an order for its stock, and what the address takes, filled with its things."""
        nothing, company, act, order = bodies_of(self.loot.theirs)
        return [nothing, company, act | self.ids, order, *self.shaped(rule, method, "body")]

    def shaped(self, rule: str, method: str, where: str) -> list[dict[str, Any]]:
        """Return what an address takes: what it needs alone, and everything."""
        declared = self.contracts.get((method, rule))
        model = getattr(declared, where) if declared else None
        if model is None:
            return []
        return [fill(model, self.ids | self.company, is_whole=is_whole) for is_whole in (False, True)]

    @cached_property
    def contracts(self) -> dict[tuple[str, str], Contract]:
        """What the documented addresses take."""
        return {key: declared for key, (_, declared, _) in contracts(self.app).items()}


def bodies_of(theirs: Furnished) -> list[dict[str, Any]]:
    """Return what is sent to whatever it is: nothing, the company named, its things named, an order for its stock."""
    ids = {"number": theirs.values["number"], "sku": theirs.values["sku"], "numbers": [theirs.values["number"]]}
    company = {"companyId": theirs.owner.company_slug, "company_id": int(theirs.owner.company_id)}
    act = {"name": "x", "delta": -1, "reason": "damaged", "version": 1, "text": "x", "role": "viewer"}
    line = {"sku": theirs.values["sku"], "quantity": 1, "unitPrice": "1.00"}
    return [{}, company, {**ids, **act}, {"customer": {"name": "x"}, "currency": "GBP", "lines": [line]}]


def flat(body: dict[str, Any]) -> dict[str, Any]:
    """Return a body as fields of a form."""
    return {
        key: value
        for key, value in body.items()
        if isinstance(value, str | int | list) and value != [] and not is_nested(value)
    }


def is_nested(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict | list) for one in value)


def is_own_exit(rule: Rule) -> bool:
    """True for acts that end the attacker's own session."""
    return "logout" in rule.rule or rule.endpoint == "static" or "password" in rule.rule
