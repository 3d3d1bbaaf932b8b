"""Every address, whatever it is for, refuses what cannot be read: NUL, broken origins, odd keys and tokens, bad chunks."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.chunks import chunked
from tests.faults.figures import Figures
from tests.laws.crossing import METHODS, is_own_exit
from tests.laws.furnished import furnish
from tests.services import Services
from tests.stage import Stage, build_stage
from tests.world import SAME_ORIGIN, Person

pytestmark = pytest.mark.slow
FORM = "application/x-www-form-urlencoded"
Hows = dict[str, dict[str, Any]]
# By name: what is sent beside the address itself. None of them comes with Sec-Fetch-Site unless it says so.
FORMS: Hows = {
    "a key with NUL": {"data": {"idempotency_key": "\x00"}, "headers": SAME_ORIGIN},
    "a key of odd characters": {"data": {"idempotency_key": "é\x01\u2028😀'"}, "headers": SAME_ORIGIN},
    "a key that is too long": {"data": {"idempotency_key": "é" * 256}, "headers": SAME_ORIGIN},
    "a name with NUL": {"data": {"a\x00b": "1"}, "headers": SAME_ORIGIN},
    "a token that is no ASCII": {"data": {"csrf_token": "é"}},
    "a token with NUL": {"data": {"csrf_token": "\x00"}},
    "a token that is no ASCII in the header": {"headers": {"X-CSRF-Token": "é"}},
    "a broken origin": {"headers": {"Origin": "http://["}},
    "a key with NUL in the header": {"headers": {**SAME_ORIGIN, "Idempotency-Key": "\x00"}},
    "a key of odd characters in the header": {"headers": {**SAME_ORIGIN, "Idempotency-Key": "é\x01\xff'"}},
}
CHUNKS = {"no size": b"ZZ\r\n{}\r\n0\r\n\r\n", "a trailer": b"2\r\n{}\r\n0\r\nHost: x\r\n\r\n", "cut off": b"9\r\n{}"}


@pytest.fixture
def stage(services: Services, worker_number: int, tmp_path: Path) -> Iterator[Stage]:
    """A database of this law's own: where nothing odd is found in what was sent, a platform admin's act is done."""
    yield from build_stage(services, worker_number + 6, tmp_path)


def test_no_address_reads_a_parameter_with_nul(app: Flask, ada: Person) -> None:
    furnished, faults, count = furnish(ada), [], 0
    for rule in app.url_map.iter_rules():
        path = furnished.path(rule)
        assert path is not None, rule.rule
        for query, field in (("x=%00", "x"), ("q=a&q=%00b", "q"), ("a%00=1", "a\\0"), ("companyId=%00", "companyId")):
            if "GET" not in (rule.methods or ()):
                continue
            count += 1
            page = ada.get(f"{path}?{query}", headers={"Accept": "text/html"})
            document = ada.get(f"{path}?{query}", headers={"Accept": "application/json"})
            if (page.status_code, document.status_code) != (422, 422) or document.json["errors"][0]["field"] != field:
                faults.append(
                    f"GET {rule.rule}?{query} {page.status_code} {document.status_code} {document.text[:200]}"
                )
            elif not page.is_json and field not in page.text:
                faults.append(f"GET {rule.rule}?{query} does not name it: {page.text[:200]}")
    Figures("fuzzing").say("addresses with NUL in a parameter", count)
    assert faults == []


@pytest.mark.parametrize("who", ["stranger", "ada", "pat"])
def test_no_act_breaks_on_what_it_is_sent(app: Flask, ada: Person, pat: Person, who: str) -> None:
    furnished = furnish(ada)
    person = {"stranger": None, "ada": ada, "pat": pat}[who]
    faults, seen = [], Counter[int]()

    def ask(path: str, **how: Any) -> TestResponse:
        answer = (person.client if person else app.test_client()).open(path, **how)
        if person and answer.status_code == 401:
            person.__dict__.pop("client")  # an act before ended this session
        return answer

    for rule, method in acts_of(app):
        path = furnished.path(rule)
        assert path is not None, rule.rule
        for name, answer in answers(ask, path, method):
            seen[answer.status_code] += 1
            is_told = answer.status_code < 400 or "text/html" in answer.mimetype or "json" in answer.mimetype
            if answer.status_code >= 500 or not is_told:
                faults.append(f"{method} {rule.rule}, {name}: {answer.status_code} {answer.text[:200]}")
    Figures("fuzzing").say(f"acts with what cannot be read, {who}", seen.total())
    assert faults == []
    assert not person or seen[401] < seen.total() / 20, "most have to get past the door"


def acts_of(app: Flask) -> Iterator[tuple[Rule, str]]:
    """Return every address that changes something, but for those that end the session that asks."""
    for rule in app.url_map.iter_rules():
        if not is_own_exit(rule) and not rule.rule.startswith(("/settings/sessions", "/api/sessions")):
            yield from ((rule, method) for method in METHODS[1:] if method in (rule.methods or ()))


def answers(ask: Callable[..., TestResponse], path: str, method: str) -> Iterator[tuple[str, TestResponse]]:
    """Send one address all that is odd."""
    for name, how in FORMS.items():
        yield name, ask(path, method=method, **how)
    for name, sent in CHUNKS.items():
        for kind in ("application/json", FORM):
            headers = {**SAME_ORIGIN, "Content-Type": kind}
            yield f"{name}, {kind}", ask(path, method=method, environ_overrides=chunked(sent), headers=headers)
