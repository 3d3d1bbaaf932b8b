"""Asking for a report and making it here and now."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core.tasks import run_job
from tests.imports.conftest import bring, real_file, write  # noqa: F401 (fixtures)
from tests.world import Person

Make = Callable[..., dict[str, Any]]
ALL = ["csv", "xlsx", "pdf"]


@pytest.fixture
def make(app: Flask) -> Make:
    """Have a report made and return it as JSON."""

    def run(
        person: Person, kind: str, first: str, last: str, formats: list[str] | None = None, **more: Any
    ) -> dict[str, Any]:
        wanted = {"kind": kind, "from": first, "to": last, "formats": formats or ALL, **more}
        asked = person.post("/api/reports", json=wanted)
        assert asked.status_code == 202, asked.text
        with app.app_context():
            run_job(person.company_id, asked.json["jobId"])
        made: dict[str, Any] = person.get(f"/api/reports/{asked.json['id']}").json
        assert made["finishedAt"], person.get(f"/api/jobs/{asked.json['jobId']}").text
        return made

    return run


@pytest.fixture
def fetch() -> Callable[[Person, dict[str, Any], str], bytes]:
    """Download a file of a report."""

    def run(person: Person, report: dict[str, Any], name: str) -> bytes:
        answer = person.get(report["files"][name]["href"])
        assert answer.status_code == 200, answer.text
        return answer.data

    return run
