"""What holds jobs beside people's pauses: a breaker that is open, and a flag that is off.

A job declared with `needs=("email",)` waits while that breaker is open; once it may be tried again, one such job a
second is let through to see. A flag named after a job (`job-reports-make` for `reports.make`) switches it off, for
everybody or for single companies; without such a flag nothing is asked.
"""

import threading
import time
from datetime import datetime, timedelta
from typing import Any

from flask import Flask, current_app

from app.accounts import reads as accounts
from app.breakers import registry
from app.breakers.fleet.store import read_states
from app.breakers.link import FleetState
from app.breakers.states import FORCED, State
from app.core import clock
from app.core.jobs.holds import Candidate, Hold, register
from app.core.jobs.rules import RULES, rules_of
from app.core.redis import RedisAway, request_redis
from app.flags import use as flags
from app.flags.engine.answers import is_on
from config import Settings

SEEN_FOR_S, PROBE_PACE_S = 1.0, 1.0
EXTENSION = "quarterdeck-job-holds"


class Circuits:
    """What the fleet says of the breakers that jobs need, looked up once a second."""

    def __init__(self) -> None:
        self._looked_at = -SEEN_FOR_S
        self._states: dict[str, FleetState] = {}
        self._looking = threading.Lock()

    def state_of(self, name: str) -> tuple[State, datetime | None]:
        """Return a breaker's state as it is for all, and until when it lasts at least.

        A person's word comes first; this process has it from the database, as all have.
        """
        one = registry.find_breaker(name)
        if one is not None and one.state in FORCED:
            return one.state, None
        fleet, age_s = self._seen(name)
        if fleet.wait_s is None:
            return fleet.state, None
        rest_s = fleet.wait_s - age_s
        if fleet.state is State.OPEN and rest_s <= 0:
            return State.HALF_OPEN, None  # nobody asked yet: it is a call that moves it
        return fleet.state, clock.now() + timedelta(seconds=max(rest_s, 0))

    def _seen(self, name: str) -> tuple[FleetState, float]:
        with self._looking:
            if time.monotonic() - self._looked_at >= SEEN_FOR_S or name not in self._states:
                self._states = self._look({name, *(need for rules in RULES.values() for need in rules.needs)})
                self._looked_at = time.monotonic()
            return self._states[name], time.monotonic() - self._looked_at

    def _look(self, names: set[str]) -> dict[str, FleetState]:
        """Ask Valkey; what it does not say, this process knows by itself."""
        try:
            found = request_redis().run(lambda client: read_states(client, sorted(names)))
        except RedisAway:
            found = {}
        return {name: self._own(name, found.get(name)) for name in names}

    def _own(self, name: str, fleet: FleetState | None) -> FleetState:
        one = registry.find_breaker(name)
        if one is None:
            return fleet or FleetState()
        return one.present() if fleet is None or not one.config.is_fleet_wide else fleet


def init_holding(app: Flask) -> None:
    """Let breakers and flags hold jobs."""
    app.extensions[EXTENSION] = Circuits()
    register(hold_by_breaker)
    register(hold_by_flag)


def hold_by_breaker(candidate: Candidate) -> Hold | None:
    """Return the hold of an open breaker among those a job needs."""
    circuits: Circuits = current_app.extensions[EXTENSION]
    probing: Hold | None = None
    for name in rules_of(candidate.name).needs:
        state, until = circuits.state_of(name)
        if state in {State.OPEN, State.FORCED_OPEN}:
            return Hold("breaker", f"Held by {name}", until, about=name)
        if state is State.HALF_OPEN:
            probing = Hold("breaker", f"Held by {name}, one a second to try it", pace_s=PROBE_PACE_S, about=name)
    return probing


def hold_by_flag(candidate: Candidate) -> Hold | None:
    """Return the hold of the flag of a job's name, when there is one and it is off for the company."""
    key = flag_of(candidate.name)
    table = flags.table()
    flag = table.snapshot.flags.get(key)
    # Peeked: asked many times a second, it would drown what the flag's page counts.
    if flag is None or is_on(flag, table.peek(key, _context(candidate.company_id))):
        return None
    return Hold("flag", f"Switched off by flag {key}", about=key)


def flag_of(name: str) -> str:
    """Return the key of the flag that switches a job off: `reports.make` → `job-reports-make`."""
    return "job-" + name.replace(".", "-").replace("_", "-").lower()


def _context(company_id: int) -> dict[str, Any]:  # Any: attributes of any type
    settings: Settings = current_app.config["SETTINGS"]
    found: dict[str, Any] = {"environment": settings.flags_environment, "release": settings.release}
    slug = _slug_of(company_id)
    return {**found, "targetingKey": slug, "company": slug} if slug else found


def _slug_of(company_id: int) -> str:
    """Return a company's short name, read once per process: short names do not change."""
    known: dict[int, str] = current_app.extensions.setdefault(EXTENSION + "-slugs", {0: ""})
    if company_id not in known:
        known[company_id] = accounts.companies_by_id([company_id]).get(company_id, ("", ""))[0]
    return known[company_id]
