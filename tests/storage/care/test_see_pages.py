"""The pages of providers, findings and connections in a browser: no axe or CSP violation, no sideways scroll."""

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page

from app.core import clock
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.installation import installation, installation_id
from app.core.sealed import seal
from app.storage.care import checks, doctor, findings
from app.storage.care.findings import Finding
from app.storage.models import Connection
from tests.whole import visit
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIDES = {"found": 3, "bytes": 4096}


@pytest.fixture
def furnished(app: Flask, pat: Person) -> list[str]:
    """An examination, a stopped check, findings of every kind, and a bucket that is away."""
    with app.app_context(), installation():
        home = installation_id()
        doctor.examine_provider("local")
        check = checks.begin("reconcile", "local")
        figures = {
            "objects": 90, "bytes": 12_345_678, "foreign": 2, "foreignSample": ["theirs/a", "theirs/b"], "orphan": SIDES,
            "missing": SIDES, "size": SIDES, "isDry": False, "stopped": "30 objects have no record, 33 % of all.",
            "setAside": 0, "broughtBack": 1, "healed": 0, "drift": [],
        }  # fmt: skip
        checks.end(check.id, "warn", figures["stopped"], figures)
        found = [
            Finding(kind, f"7/documents/aa/{new_ulid().lower()}", 1234, 7, detail="Seeded")
            for kind in ("orphan", "missing", "size", "digest")
        ]
        findings.keep(home, check.id, "local", found)
        findings.settle(home, "local", "orphan", [found[0].key], "quarantined", f"quarantine/20261122/{found[0].key}")
        row = Connection(
            company_id=home, id=new_ulid(), kind="s3", name=f"Old MinIO {new_ulid()[-6:]}", state="good", seen_at=clock.now(),
            settings={"endpoint": "https://127.0.0.1:9", "region": "us-east-1", "bucket": "photos", "access_key": "AKIA", "path_style": True},
        )  # fmt: skip
        row.secret = seal("hunter2", purpose="connection", row=row.id)
        row.figures = {
            "usage": {
                "objects": 3,
                "bytes": 90,
                "folders": {"a/": [2, 60], "b/": [1, 30]},
                "largest": [["a/1", 50, ""]],
                "oldest": [],
            }
        }
        row.scanned_at = clock.now()
        with transaction() as session:
            session.add(row)
    return [
        "/storage/providers", "/storage/providers/local", "/storage/providers/s3", "/storage/providers/local/aside",
        "/storage/findings", f"/storage/checks/{check.id}", "/storage/erasure", "/connections", f"/connections/{row.id}",
        f"/connections/{row.id}/removal",
    ]  # fmt: skip


def test_they_are_whole_by_day_and_night(furnished: list[str], pat: Person, open_page: Callable[..., Page]) -> None:
    faults = visit(open_page(pat, "/", reduced_motion="reduce"), furnished)
    assert not faults, "\n".join(faults)
