"""Many changes of jobs are few messages to a page, and the last version of each row is among them."""

import time
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core.db import db, transaction
from app.core.events_log import Key, Logged
from app.core.ids import CompanyId
from app.core.live_windows import WINDOW_S, Windows
from tests.queues import chores
from tests.site import wait_for
from tests.world import Person

JOBS, STEPS = 20, 50
STEP = sa.text("UPDATE jobs SET version = version + 1 WHERE id = ANY(:ids) RETURNING id, version")


def test_a_thousand_changes_are_few_messages_and_no_row_stays_behind(app: Flask, ada: Person) -> None:
    with ada.acting(), transaction():
        ids = [chores.count_up.enqueue(1, title="Changes often") for _ in range(JOBS)]
    sent: list[dict[str, Any]] = []

    def send(_key: Key, message: dict[str, Any]) -> None:
        sent.append(message)

    windows, seq, versions = Windows(app, send, lambda _key: True), 0, {}
    began = time.monotonic()
    for _ in range(STEPS):
        with ada.acting(), transaction():
            changed = db.session.execute(STEP, {"ids": ids}).all()
        for job_id, version in changed:
            seq += 1
            versions[f"job-{job_id}"] = version
            windows.add(Logged(CompanyId(ada.company_id), "jobs", seq, "job.updated", "E", job_id, version, None, {}))
    wait_for(lambda: bool(sent) and sent[-1]["to"] == JOBS * STEPS)
    assert len(sent) <= (time.monotonic() - began) / WINDOW_S + 2
    newest = {row["id"]: row["version"] for message in sent for row in message["rows"]}
    assert newest == versions
