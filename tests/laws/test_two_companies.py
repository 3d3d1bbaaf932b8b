"""Two companies that work on the real app in any order, beside a model of what each of them owns.

Whatever either does, with things that exist, exist for the other one, or never did: it sees its own alone, as the
model says, and no act reaches the other. TENANCY_STEPS says how many steps are taken in all.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from werkzeug.test import TestResponse

from app.core.ids import new_ulid
from app.core.tenancy import system_work
from tests.faults.figures import Figures
from tests.world import Person, World

pytestmark = pytest.mark.slow
STEPS = int(os.environ.get("TENANCY_STEPS", "300"))
RUN = 50
SIDES = st.sampled_from(("left", "right"))
MARK = re.compile(r"(left|right)-[0-9A-HJKMNP-TV-Z]{26}")


@dataclass
class Thing:
    """Something one of them made.

    Attributes:
        path: Its own address.
        mark: Stands in it, and says whose it is.
        listed: The address of the list that shows it.
    """

    side: str
    path: str
    mark: str
    listed: str


@dataclass
class Stage:
    """Where all runs of the machine take place."""

    app: Flask
    world: World
    steps: int = 0
    statuses: Counter[int] = field(default_factory=Counter)


stage: list[Stage] = []


class TwoCompanies(RuleBasedStateMachine):
    """One run: two new companies, and what they do."""

    things = Bundle("things")

    @initialize()
    def begin(self) -> None:
        self.stage = stage[0]
        world = self.stage.world
        self.people: dict[str, Person] = {
            side: world.person(world.company(side), "company_admin") for side in ("left", "right")
        }
        self.owned: dict[str, list[Thing]] = {"left": [], "right": []}
        self.kept: dict[str, str] = {}

    def ask(self, side: str, method: str, path: str, body: dict[str, Any] | None = None, **how: Any) -> TestResponse:
        """Ask as one of them; the other's mark must not be in the answer."""
        answer = self.people[side].ask(method, path, **({} if body is None else {"json": body}), **how)
        self.stage.statuses[answer.status_code] += 1
        assert answer.status_code < 500, f"{side} {method} {path} {body}: {answer.status_code}"
        seen = set(MARK.findall(answer.text))
        assert seen <= {side}, f"{side} {method} {path} shows what is of {seen}"
        return answer

    def made(self, side: str, path: str, body: dict[str, Any], mark: str, at: str, listed: str, **how: Any) -> Thing:
        """Make something, and put it into the model."""
        answer = self.ask(side, "POST", path, body, **how)
        assert answer.status_code < 300, answer.text[:300]
        return self.own(Thing(side, at.format(**answer.json), mark, listed))

    def own(self, thing: Thing) -> Thing:
        """Put a thing into the model."""
        self.owned[thing.side].append(thing)
        return thing

    @rule(side=SIDES, target=things)
    def add_item(self, side: str) -> Thing:
        mark = f"{side}-{new_ulid()}"
        body = {"sku": f"S{mark[-20:]}", "name": mark, "category": "frames", "onHand": 9, "unitPrice": "1.00"}
        return self.made(side, "/api/inventory", body, mark, "/api/inventory/{sku}", f"/api/inventory?q={mark}")

    @rule(side=SIDES, item=things, target=things)
    def place_order(self, side: str, item: Thing) -> Any:  # Any: a thing, or none
        """For whatever there is: only of one's own stock something is taken."""
        mark = f"{side}-{new_ulid()}"
        line = {"sku": item.path.rpartition("/")[2], "quantity": 1, "unitPrice": "1.00"}
        body = {"customer": {"name": mark}, "currency": "GBP", "lines": [line]}
        answer = self.ask(side, "POST", "/api/orders", body)
        if answer.status_code != 201:
            assert answer.status_code in {409, 422}, answer.text[:300]
            return multiple()
        assert item.side == side
        return self.own(Thing(side, f"/api/orders/{answer.json['number']}", mark, f"/api/orders?q={mark}"))

    @rule(side=SIDES, target=things)
    def keep_file(self, side: str) -> Thing:
        mark = f"{side}-{new_ulid()}"
        answer = self.ask(side, "PUT", f"/api/files?name={mark}.txt&category=documents", data=mark.encode())
        assert answer.status_code == 201, answer.text[:300]
        return self.own(Thing(side, f"/api/files/{answer.json['id']}", mark, "/api/files?limit=100"))

    @rule(side=SIDES, target=things)
    def save_view(self, side: str) -> Thing:
        mark = f"{side}-{new_ulid()}"
        return self.made(
            side,
            "/api/orders/views",
            {"name": mark, "query": "state=paid"},
            mark,
            "/api/orders/views/{id}",
            "/api/orders/views",
        )

    @rule(side=SIDES, target=things)
    def take_token(self, side: str) -> Thing:
        mark = f"{side}-{new_ulid()}"
        return self.made(side, "/api/tokens", {"name": mark}, mark, "/api/tokens/{id}", "/api/tokens?limit=100")

    @rule(side=SIDES, thing=things)
    def read(self, side: str, thing: Thing) -> None:
        """One's own is there; the other's is not, whoever has it."""
        answer = self.ask(side, "GET", thing.path)
        if side != thing.side:
            # Orders are numbered in each company, so its own may have that number.
            assert thing.mark not in answer.text
        elif "/orders/views/" not in thing.path and "/tokens/" not in thing.path:
            assert answer.status_code == 200, answer.text[:300]

    @rule(
        side=SIDES,
        thing=things,
        act=st.sampled_from(("notes", "payment", "packing", "adjustments", "archival", "restoration", "signed-url")),
    )
    def act(self, side: str, thing: Thing, act: str) -> None:
        """Do what such a thing takes, or what it does not."""
        bodies = {"notes": {"text": f"{side}-{new_ulid()}"}, "adjustments": {"delta": 1, "reason": "found"}}
        answer = self.ask(side, "POST", f"{thing.path}/{act}", bodies.get(act, {}))
        if side != thing.side and "/orders/" not in thing.path:
            assert answer.status_code in {404, 405}, f"{side} {thing.path}/{act}: {answer.status_code}"

    @rule(side=SIDES, thing=consumes(things))
    def delete(self, side: str, thing: Thing) -> None:
        """The other's stays; what is one's own may go."""
        answer = self.ask(side, "DELETE", thing.path)
        if side != thing.side:
            assert answer.status_code in {404, 405}, answer.status_code
        elif answer.status_code < 300:
            self.owned[side].remove(thing)

    @rule(side=SIDES, thing=things)
    def search(self, side: str, thing: Thing) -> None:
        """Look for it by a part of its mark: only an answer about the thing itself shows the whole."""
        for path in ("/search", "/orders", "/inventory", "/api/orders", "/api/inventory", "/jobs", "/audit"):
            self.ask(side, "GET", f"{path}?q={thing.mark[-12:]}", headers={"HX-Request": "true"})

    @rule(side=SIDES, thing=things)
    def repeat_a_key(self, side: str, thing: Thing) -> None:
        """Both use one Idempotency-Key: neither gets the other's answer."""
        key = self.kept.setdefault("key", new_ulid())
        body = {"name": f"{side}-key", "query": "state=paid"}
        answer = self.ask(side, "POST", "/api/orders/views", body, headers={"Idempotency-Key": key})
        assert answer.status_code in {201, 409}, answer.text[:200]
        if answer.status_code == 201:
            mine = self.kept.setdefault(side, answer.json["id"])
            assert mine == answer.json["id"]

    @rule(side=SIDES)
    def ask_a_flag(self, side: str) -> None:
        other = "left" if side == "right" else "right"
        own, theirs = self.people[side], self.people[other]
        path = "/api/degradation/features/bulk-operations/check"
        assert self.ask(side, "GET", f"{path}?targetId={own.company_slug}").status_code == 200
        assert self.ask(side, "GET", f"{path}?targetId={theirs.company_slug}").status_code == 404
        assert self.ask(side, "GET", f"{path}?targetId={theirs.public_id}").status_code == 404

    @rule(side=SIDES, topic=st.sampled_from(("orders", "inventory", "files", "jobs")), after=st.integers(0, 40))
    def hear(self, side: str, topic: str, after: int) -> None:
        """Facts are sequenced as the relay does it, and read from any position."""
        from app.core import relay

        with self.stage.app.app_context(), system_work():
            relay.pump(self.stage.app)
        self.ask(side, "GET", f"/api/events?topic={topic}&after={after}&limit=1000")
        self.ask(side, "GET", f"/live/rows?topic={topic}&after={after}")

    @rule(
        side=SIDES,
        path=st.sampled_from(
            (
                "/orders/export.csv",
                "/inventory/export.csv",
                "/api/audit",
                "/api/jobs",
                "/api/sessions?everyone=true",
                "/",
                "/api/storage/stats",
                "/notifications",
                "/audit",
            )
        ),
    )
    def look_around(self, side: str, path: str) -> None:
        self.ask(side, "GET", path)

    @rule(side=SIDES)
    def name_the_other(self, side: str) -> None:
        other = self.people["left" if side == "right" else "right"]
        for path in ("/api/orders", "/api/inventory", "/api/files", "/api/users"):
            assert self.ask(side, "GET", f"{path}?companyId={other.company_slug}").status_code == 404

    @invariant()
    def count(self) -> None:
        if stage:
            stage[0].steps += 1

    def teardown(self) -> None:
        """At the end both still have what the model says, and nothing else of the kind."""
        for side, owned in getattr(self, "owned", {}).items():
            for thing in owned:
                shown = self.ask(side, "GET", thing.listed).text
                assert thing.mark in shown, f"{side} lost {thing.path}"


@contextmanager
def set_stage(app: Flask, world: World) -> Iterator[Stage]:
    """Let the machine's runs find the app: hypothesis makes machines by itself."""
    stage[:] = [Stage(app, world)]
    try:
        yield stage[0]
    finally:
        stage.clear()


def test_two_companies_stay_apart_whatever_they_do(app: Flask, world: World) -> None:
    chosen = settings(
        max_examples=max(1, STEPS // RUN), stateful_step_count=RUN, deadline=None, database=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=True,
    )  # fmt: skip
    with set_stage(app, world) as played:
        run_state_machine_as_test(TwoCompanies, settings=chosen)
    figures = Figures("tenancy")
    figures.say("steps of two companies beside a model", played.steps)
    figures.say("requests in them", played.statuses.total())
    assert played.steps >= STEPS * 0.6
