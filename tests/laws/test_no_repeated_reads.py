"""No list asks the database once for each of its rows: a page of a hundred sends what a page of one sends."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from app.core import clock
from app.core.ids import new_ulid
from app.queries.watch.fingerprint import Texts
from app.queries.watch.folding import write_batches
from app.queries.watch.sums import FORM
from tests.laws.furnished import furnish
from tests.laws.many import multiply
from tests.services import Services
from tests.stage import Stage, build_stage
from tests.world import Person, World

pytestmark = pytest.mark.slow
TIMES = 100
# Streams never end; the rest is not made of rows.
LEFT_OUT = ("/api/events/stream", "/ofrep/v1/changes", "/metrics", "/health", "/api/openapi.json", "/docs/problems")
SHOW_MANY = (
    "/api/orders",
    "/api/inventory",
    "/api/jobs",
    "/api/files",
    "/api/users",
    "/api/notifications",
    "/api/feeds",
)
SHOWN = 20
texts = Texts()


@pytest.fixture
def stage(services: Services, worker_number: int, tmp_path: Path) -> Iterator[Stage]:
    """A database of this law's own: copies made past all keys are nothing that other tests, or a relay, should meet."""
    yield from build_stage(services, worker_number + 4, tmp_path)


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the statements of this thread by what they are."""
    found: Counter[str] = Counter()
    ours = threading.get_ident()  # threads that keep settings fresh ask whenever they like

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if threading.get_ident() == ours and "set_config(" not in statement:  # whose rows: once a transaction
            found[texts.read(statement)[0].fingerprint] += 1

    event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(sa.Engine, "before_cursor_execute", note)


def lists_of(app: Flask) -> list[str]:
    """Return every address that names nothing: pages, lists and their JSON."""
    rules = (rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments)
    return sorted({rule.rule for rule in rules if not rule.rule.startswith(LEFT_OUT)})


def measure(people: list[Person], paths: list[str]) -> dict[tuple[str, str], Counter[str]]:
    """Return what each list sends."""
    found = {}
    for person in people:
        for path in paths:
            with counted() as sent:
                answer = person.get(path)
            if answer.status_code == 200:
                found[person.role, path] = sent
    return found


def test_a_list_of_a_hundred_sends_what_a_list_of_one_sends(app: Flask, world: World, ada: Person, pat: Person) -> None:
    furnish(ada)
    measure_statements(app, range(1))
    paths = lists_of(app)
    measure([pat], ["/"])  # what a process asks once
    few = measure([ada, pat], paths)
    copies = multiply(world.sql, int(ada.company_id), TIMES)
    assert all(copies[table] >= TIMES for table in ("orders", "order_lines", "items", "jobs", "stored_files", "users"))
    measure_statements(app, range(1, TIMES))
    for number in range(TIMES):
        world.company(f"many{number}")
    for path in SHOW_MANY:
        assert len(ada.get(path).json["items"]) >= SHOWN, path
    many = measure([ada, pat], paths)
    assert few.keys() == many.keys()
    grown = {
        place: {
            texts_of(one): (few[place][one], times) for one, times in sent.items() if times > max(few[place][one], 1)
        }
        for place, sent in many.items()
    }
    assert {place: found for place, found in grown.items() if found} == {}


def measure_statements(app: Flask, numbers: range) -> None:
    """Fold statements as a process would have shipped them, each repeated by a request."""
    at = clock.now().timestamp()
    names = [f"{number:016x}" for number in numbers]
    repeat = {"endpoint": "orders.index", "line": "app/x.py:1", "kind": "get", "what": "", "most": 10, "request_id": ""}
    example = {
        "at": at, "kind": "error", "took_us": 1, "rows": 0, "sqlstate": "57014", "of_company_id": None, "job_id": "",
        "request_id": "", "endpoint": "orders.index", "line": "", "actor": "", "backend_pid": None,
    }  # fmt: skip
    batch = {
        "form": FORM, "source": f"law:{new_ulid()}", "number": 1, "dropped": 0,
        "sums": [[int(at) // 60, name, "orders.index", "", 0, 1, 1, 1, 1, 900_000, 900_000, {"600": 1}] for name in names],
        "texts": [[name, f"SELECT {name}", "select", ["orders"]] for name in names],
        "examples": [{**example, "id": new_ulid(), "fingerprint": name} for name in names],
        "repeats": [{**repeat, "fingerprint": name, "at": at} for name in names],
    }  # fmt: skip
    with app.app_context():
        assert write_batches([batch]) == 1


def texts_of(fingerprint: str) -> str:
    """Return a statement's text, for people."""
    return next(one.text for one in texts._known.values() if one.fingerprint == fingerprint)
