"""Every route × method × caller × company, generated from the URL map: nobody reads or changes another company's things.

CROSSING_ATTEMPTS says how many are made in all; each caller makes its share, half of it in either direction: every
address once as it is, and then as the dice say in other ways (tests/laws/crossing.py).
"""

import itertools
import os
import random
from dataclasses import dataclass, field

import pytest
from flask import Flask

from tests.faults.figures import Figures
from tests.laws.callers import OUTSIDERS, Caller
from tests.laws.crossing import METHODS, Attempt, Siege, bodies_of
from tests.laws.furnished import furnish
from tests.laws.leaks import MOVING, differing, snapshot
from tests.laws.loot import Loot, gather
from tests.world import Person, World

pytestmark = pytest.mark.slow
AT_LEAST = int(os.environ.get("CROSSING_ATTEMPTS", "5000"))
SEED = os.environ.get("CROSSING_SEED", "1")
DIRECTIONS = ("younger", "older")
SHARE = AT_LEAST // (len(OUTSIDERS) * len(DIRECTIONS))
LOOK_EVERY = 200


@dataclass
class Seen:
    """What came of one caller's attempts."""

    made: int = 0
    leaks: list[str] = field(default_factory=list)
    since_look: list[Attempt] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("who", OUTSIDERS)
def test_nobody_crosses(app: Flask, world: World, ada: Person, cleo: Person, who: str, direction: str) -> None:
    owner, attacker = (ada, cleo) if direction == "younger" else (cleo, ada)
    people = world.harbour if attacker is ada else world.northwind
    theirs, mine = furnish(owner), furnish(attacker)
    unknown = [rule.rule for rule in app.url_map.iter_rules() if theirs.path(rule) is None]
    assert unknown == [], f"tests/laws/furnished.py has no value for {unknown}"
    loot = gather(app, world, theirs, attacker.company_id)
    role = None if who == "anonymous" else people("company_admin" if who == "token" else who)
    caller = Caller(app, role, is_script=who == "token")
    siege = Siege(app, loot, mine, random.Random(f"{SEED} {who} {direction}"))
    seen = attack(world, caller, loot, siege.attempts(SHARE, DIRECTIONS.index(direction)))
    figures = Figures("tenancy")
    figures.say(f"attempts, {who} against the {direction} company", seen.made)
    figures.say(f"leaks, {who} against the {direction} company", len(seen.leaks), "0")
    assert seen.leaks == []
    assert owner.get(f"/api/files/{theirs.values['file_id']}/content").data == theirs.mark.encode()
    assert seen.made >= SHARE, "there are not so many different attempts"


def attack(world: World, caller: Caller, loot: Loot, attempts: list[Attempt]) -> Seen:
    """Make the attempts, and look every now and then whether the other company's rows are what they were."""
    seen, company_id = Seen(), loot.theirs.owner.company_id
    before = snapshot(world.sql, company_id)
    for number, attempt in enumerate(attempts, start=1):
        answer = caller.ask(attempt.method, attempt.path, **attempt.how)
        seen.made = number
        seen.since_look.append(attempt)
        seen.statuses[answer.status_code] = seen.statuses.get(answer.status_code, 0) + 1
        shown = loot.shows(answer.get_data().decode("utf-8", "replace") + str(answer.headers))
        if answer.status_code >= 500 or shown:
            seen.leaks.append(f"{attempt} answered {answer.status_code} with {shown or 'an error'}")
        if number % LOOK_EVERY == 0 or number == len(attempts):
            now = snapshot(world.sql, company_id)
            if now != before:
                tried = "\n".join(map(str, seen.since_look))
                seen.leaks.append(f"one of these changed {differing(before, now)}:\n{tried}")
                before = now
            seen.since_look.clear()
    return seen


def test_a_viewer_changes_nothing(app: Flask, world: World, ada: Person, vera: Person) -> None:
    theirs = furnish(ada)
    own = {"/logout", "/settings", "/sessions", "/password", "/company", "/socket-ticket", "/login", "/user", "/totp"}
    own.add("/evaluate/")  # asked by POST, and a question all the same
    own.add("/notifications")  # what one was told oneself, marked as read
    before = snapshot(world.sql, ada.company_id, skip=MOVING | {"users", "socket_tickets", "saved_views"})
    for rule, method, body in itertools.product(app.url_map.iter_rules(), METHODS[1:], bodies_of(theirs)):
        if method not in (rule.methods or set()) or any(part in rule.rule for part in own):
            continue
        answer = vera.ask(method, theirs.path(rule), json=body)
        assert answer.status_code >= 400, f"viewer {method} {rule.rule} {answer.status_code}"
        assert answer.status_code < 500, f"viewer {method} {rule.rule} {answer.status_code}"
    assert snapshot(world.sql, ada.company_id, skip=MOVING | {"users", "socket_tickets", "saved_views"}) == before
