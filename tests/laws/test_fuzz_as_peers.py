"""schemathesis' own engine over the document we serve, as two companies and a platform admin.

It draws ids from answers and follows what was made: no 5xx, no answer without the right token, no object of one
company for the other, nothing readable after it was deleted, nothing away that was just made, and every answer of
the shape the document promises. FUZZ_PEER_CASES says about how many requests are made.
"""

import json
import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from werkzeug.serving import make_server

from app.core.openapi import contracts
from tests.faults.figures import Figures
from tests.laws.furnished import asked, furnish
from tests.services import Services
from tests.stage import Stage, build_stage
from tests.world import Person, World

pytestmark = pytest.mark.slow
CASES = int(os.environ.get("FUZZ_PEER_CASES", "300"))
CHECKS = (
    "not_a_server_error", "ignored_auth", "use_after_free", "ensure_resource_availability",
    "object_level_authorization", "response_schema_conformance", "status_code_conformance", "content_type_conformance",
)  # fmt: skip
LEFT_OUT = {
    "/api/events/stream": "never ends by itself",
    "/api/logout": "ends what asks",
    "/api/tokens/{token_id}": "ends what asks",
    "/api/user/password": "ends what asks",
    "/api/breakers/{name}/open": "takes the database away, which is no fault of what is asked next",
    "/api/breakers/{name}/disable": "as above",
    "/api/breakers/{name}/config": "as above",
}
# Flags that shut the house, as they are meant to: where they do not stand nobody can turn them.
DOORS, PARTS = ("maintenance-mode", "core-api", "authentication"), ("environments", "targets", "versions", "rollouts")


@pytest.fixture
def stage(services: Services, worker_number: int, tmp_path: Path) -> Iterator[Stage]:
    """A database of this law's own: a platform admin pauses queues and archives flags, which nobody else should meet."""
    yield from build_stage(services, worker_number + 6, tmp_path)


def test_no_peer_gets_what_is_not_theirs(app: Flask, world: World, ada: Person, cleo: Person, tmp_path: Path) -> None:
    for table, key in (*((f"flag_{part}", "flag_key") for part in PARTS), ("flags", "key")):
        world.sql.execute(f"DELETE FROM {table} WHERE {key} = ANY(%s)".encode(), (list(DOORS),))
    pat = world.platform_admin()
    for person in (ada, cleo):
        furnish(person)
    who = {"ada": token_of(ada), "cleo": token_of(cleo), "pat": token_of(pat)}
    (tmp_path / "who.json").write_text(json.dumps(document_of(who)))
    seen, faults = run(app, tmp_path / "who.json")
    figures = Figures("fuzzing")
    figures.say("requests of the engine, as two companies and a platform admin", seen.total())
    figures.say(
        "answers of the engine that were 5xx", sum(count for status, count in seen.items() if status >= 500), "0"
    )
    figures.say("findings of the engine, authorisation among them", len(faults), "0")
    assert not faults, "\n".join(faults[:50])
    for token in who.values():
        assert app.test_client().get("/api/user", headers={"Authorization": f"Bearer {token}"}).status_code == 200
    assert seen.total() >= CASES / 2
    assert seen.total() - seen[401] - seen[403] > seen.total() / 5, "enough requests have to get past the door"


def token_of(person: Person) -> str:
    """Return a token that may all its owner may."""
    return str(asked(person, "POST", "/api/tokens", {"name": "Engine"})["token"])


def document_of(who: dict[str, str]) -> dict[str, Any]:
    """Return who there is, as the Web Fuzzing Commons write it."""
    header = [{"name": "Authorization", "value": "Bearer {}"}]
    return {
        "auth": [
            {"name": name, "fixedHeaders": [{**one, "value": one["value"].format(token)} for one in header]}
            for name, token in who.items()
        ]
    }


def run(app: Flask, who: Path) -> tuple[Counter[int], list[str]]:
    """Let the engine work; return how often each status was answered, and what it found."""
    most = max(1, CASES // len(contracts(app)))
    seen: Counter[int] = Counter()
    faults: list[str] = []
    for event in played(app, settings(who, most)):
        if isinstance(event, events.NonFatalError | events.FatalError):
            faults.append(f"{event.label}: {event.value}" if isinstance(event, events.NonFatalError) else str(event))
        if isinstance(event, events.ScenarioFinished):
            for interaction in event.recorder.interactions.values():
                if interaction.response is not None:
                    seen[interaction.response.status_code] += 1
            for label, checks in event.recorder.checks.items():
                faults += [told(event, label, check) for check in checks if check.failure_info is not None]
    return seen, faults


def played(app: Flask, config: SchemathesisConfig) -> Iterator[Any]:
    """Give what the engine reports while it asks the app; by HTTP, since some of its checks know no other way."""
    with served(app) as url:
        yield from from_schema(schemathesis.openapi.from_url(f"{url}/api/openapi.json", config=config)).execute()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve the app from a thread, and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


def told(event: events.ScenarioFinished, case_id: str, check: Any) -> str:
    """Return a finding in words."""
    failure, case = check.failure_info.failure, event.recorder.cases[case_id].value
    interaction = event.recorder.interactions.get(case_id)
    answered = interaction.response.status_code if interaction and interaction.response else "nothing"
    return f"{check.name}: {case.operation.label} {case.path_parameters} {case.query} {case.body!r} answered {answered}: {failure}"[
        :1500
    ]


def settings(who: Path, most: int) -> SchemathesisConfig:
    """Return what the engine is told."""
    return SchemathesisConfig.from_dict({
        "seed": 1,
        "workers": 1,
        "continue-on-failure": True,
        "suppress-health-check": ["all"],
        "headers": {"Sec-Fetch-Site": "same-origin"},
        "auth": {"wfc": {"path": str(who), "peers": ["ada", "cleo"]}},
        "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
        "generation": {"mode": "all", "max-examples": most, "no-shrink": True, "database": "none", "with-security-parameters": False},
        "phases": {
            "examples": {"enabled": False},
            "coverage": {"enabled": most > 10},
            # Not from Location headers: a link guessed so may name a parameter that its target has not, and ends the phase.
            "stateful": {"inference": {"algorithms": ["dependency-analysis"]}},
        },
        "operations": [{"include-path": path, "enabled": False} for path in LEFT_OUT],
    })  # fmt: skip
