"""schemathesis over the document we serve: whatever is sent, no 5xx and a readable answer.

Each operation is asked by somebody who may ask it: a company's admin, or for what belongs to no tenant a platform
admin. FUZZ_CASES says how many cases each operation gets, FUZZ_SEED which.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app.core.access import PERMISSIONS, Role
from app.core.openapi import contracts
from tests.faults.figures import Figures
from tests.laws.furnished import Furnished, furnish
from tests.services import Services
from tests.stage import Stage, build_stage
from tests.world import Person, World

CASES_PER_OPERATION = int(os.environ.get("FUZZ_CASES", "5"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
AT_LEAST = 500
LEFT_OUT = (
    "/logout", "/stream",  # ends the very session that asks; never ends by itself
    "/open", "/disable", "/config", "/metrics-only",  # a breaker that refuses is no fault of what is asked next
)  # fmt: skip


@pytest.fixture
def stage(services: Services, worker_number: int, tmp_path: Path) -> Iterator[Stage]:
    """A database of this law's own: a platform admin pauses queues and archives flags, which nobody else should meet."""
    yield from build_stage(services, worker_number + 6, tmp_path)


@pytest.mark.slow
def test_nothing_sent_to_the_api_breaks_it(app: Flask, world: World, ada: Person) -> None:
    furnished = furnish(ada)
    scopes = {endpoint.replace(".", "_"): declared.scope for endpoint, declared, _ in contracts(app).values()}
    seen: Counter[int] = Counter()
    faults: list[str] = []
    found = [one.ok() for one in schemathesis.openapi.from_wsgi("/api/openapi.json", app).get_all_operations()]
    operations = [one for one in found if not one.path.endswith(LEFT_OUT)]
    people = [asker(world, scopes[one.definition.raw["operationId"]]) for one in operations]
    for operation, person in zip(operations, people, strict=True):
        fuzz(operation, person, furnished, seen, faults)
    figures = Figures("fuzzing")
    figures.say("cases of schemathesis", seen.total())
    figures.say("answers that were 5xx or no problem document", len(faults), "0")
    assert not faults, "\n".join(faults[:50])
    assert seen.total() >= AT_LEAST
    assert seen[401] < seen.total() / 10, "most cases have to get past the door"


def asker(world: World, scope: str) -> Person:
    """Return somebody new who may ask for what needs a permission, signed in already: some cases are wrong sign-ins."""
    is_theirs = scope in PERMISSIONS[Role.COMPANY_ADMIN] | {"public", "self"}
    person = world.harbour("company_admin") if is_theirs else world.platform_admin()
    assert person.client
    return person


def fuzz(operation: Any, person: Person, furnished: Furnished, seen: Counter[int], faults: list[str]) -> None:
    """Send one operation's cases, half of them to things that exist."""

    @given(case=operation.as_strategy(), existing=st.booleans())
    @settings(
        max_examples=CASES_PER_OPERATION,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.seed(SEED)
    def send(case: schemathesis.Case, existing: bool) -> None:
        if existing:
            known = {name: furnished.values[name] for name in case.path_parameters if furnished.values.get(name)}
            case.path_parameters.update(known)
        arguments = case.as_transport_kwargs(headers={"Sec-Fetch-Site": "same-origin"})
        arguments["headers"].pop("Authorization", None)  # a made-up token would stop every case at the door
        arguments["headers"]["Accept-Encoding"] = "identity"  # so that what is wrong can be read here
        answer = person.client.open(arguments.pop("path"), **arguments)
        seen[answer.status_code] += 1
        if answer.status_code >= 500 or (answer.status_code >= 400 and not is_problem(answer)):
            faults.append(f"{operation.label} {answer.status_code} {arguments} {answer.text[:200]}")

    send()


def is_problem(answer: TestResponse) -> bool:
    """Say whether a refusal is a whole problem document, or what OFREP writes in its place."""
    if answer.request.path.startswith("/ofrep/") and answer.mimetype == "application/json":
        return {"errorCode", "errorDetails"} <= set(answer.json)
    return answer.mimetype == "application/problem+json" and {"title", "status", "code", "requestId"} <= set(
        answer.json
    )
