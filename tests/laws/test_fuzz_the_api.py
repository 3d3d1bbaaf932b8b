"""schemathesis over the document we serve: whatever is sent, no 5xx and a readable answer."""

import os
from collections import Counter
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.laws.furnished import Furnished, furnish
from tests.world import Person, World

CASES_PER_OPERATION = int(os.environ.get("FUZZ_CASES", "6"))
AT_LEAST = 500


# Ends the very session that asks, or never ends by itself.
LEFT_OUT = ("/logout", "/stream")


@pytest.mark.slow
def test_nothing_sent_to_the_api_breaks_it(app: Flask, world: World, ada: Person) -> None:
    furnished = furnish(ada)
    seen: Counter[int] = Counter()
    faults: list[str] = []
    for result in schemathesis.openapi.from_wsgi("/api/openapi.json", app).get_all_operations():
        operation = result.ok()
        if not operation.path.endswith(LEFT_OUT):
            fuzz(operation, world.harbour("company_admin"), furnished, seen, faults)
    assert faults == []
    assert seen.total() >= AT_LEAST
    assert seen[401] < seen.total() / 10, "most cases have to get past the door"


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
    @hypothesis.seed(1)
    def send(case: schemathesis.Case, existing: bool) -> None:
        if existing:
            known = {name: furnished.values[name] for name in case.path_parameters if furnished.values.get(name)}
            case.path_parameters.update(known)
        arguments = case.as_transport_kwargs(headers={"Sec-Fetch-Site": "same-origin"})
        arguments["headers"].pop("Authorization", None)  # a made-up token would stop every case at the door
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


NASTY_BODIES = {
    "malformed": (b'{"customer": ', 400),
    "not an object": (b"[1, 2, 3]", 422),
    "bad UTF-8": (b'{"customer": {"name": "\xff\xfe"}}', 400),
    "NUL": (b'{"customer": {"name": "a\\u0000b"}, "currency": "GBP", "lines": [{"sku": "A", "quantity": 1}]}', 422),
    "deep nesting": (b'{"customer": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, 400),
    "huge": (b'{"note": "' + b"x" * 3_000_000 + b'"}', 413),
    "price 1e400": (b'{"customer": {"name": "A"}, "currency": "GBP", "lines": [{"sku": "A", "quantity": 1, "unitPrice": 1e400}]}', 422),
    "a lone surrogate": (b'{"customer": {"name": "\\ud800"}, "currency": "GBP", "lines": []}', 400),
    "empty": (b"", 400),
}  # fmt: skip


@pytest.mark.parametrize("name", NASTY_BODIES)
def test_a_nasty_body_gets_a_problem_document(ada: Person, name: str) -> None:
    body, status = NASTY_BODIES[name]
    answer = ada.post("/api/orders", data=body, content_type="application/json")
    assert answer.status_code == status, answer.text[:300]
    assert answer.mimetype == "application/problem+json"
    assert answer.json["title"]


def test_another_content_type_is_refused_by_name(ada: Person) -> None:
    answer = ada.post("/api/orders", data="a=b", content_type="text/plain")
    assert answer.status_code == 415
    assert "application/json" in answer.json["title"] + answer.json["detail"]
