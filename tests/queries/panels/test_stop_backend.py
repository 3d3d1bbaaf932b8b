"""Stopping what runs: cancel first, then end the connection; with a right, a reason and a line in the audit."""

from typing import Any

import pytest

from tests.queries.panels.backends import holding, started, waiting, watched_by
from tests.site import wait_for
from tests.world import Person

API = "/api/query-optimizer/activity"
LOCK, PATIENT = "SELECT pg_advisory_xact_lock(7051)", "SET lock_timeout = 0"


@pytest.fixture
def app_url(urls: dict[str, str]) -> str:
    """The application's own login."""
    return urls["DATABASE_URL"]


def is_there(world: Any, pid: int) -> bool:
    """Say whether a backend is still connected."""
    return world.sql.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone() is not None


def state(world: Any, pid: int) -> str:
    """What a backend is at."""
    row = world.sql.execute("SELECT state FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
    return str(row["state"]) if row else ""


def send(person: Person, pid: int, act: str, at: str, reason: str = "It blocks the imports", **more: Any) -> Any:
    """Ask to stop a backend over JSON."""
    return person.post(f"{API}/{pid}/{act}", json={"started": at, "reason": reason, **more})


def test_a_cancelled_statement_ends_and_its_connection_stays(pat, world, app_url, pump):
    with holding(app_url, LOCK), waiting(world.sql, app_url, PATIENT, LOCK) as pid:
        answer = send(pat, pid, "cancellation", started(world.sql, pid))
        assert (answer.status_code, answer.json["how"], answer.json["role"]) == (200, "cancel", "qd_app")
        wait_for(lambda: state(world, pid) == "idle in transaction (aborted)")
        pump()
        said = pat.get(f"/api/audit?row={pid}").text
        assert "It blocks the imports" in said
        assert f"cancelled the statement of backend {pid} (qd_app)" in said


def test_a_terminated_connection_is_gone_and_its_locks_are_free(pat, world, app_url, pump):
    with holding(app_url, LOCK) as holder:
        root = holder.info.backend_pid
        with waiting(world.sql, app_url, PATIENT, LOCK) as pid:
            answer = send(pat, root, "termination", started(world.sql, root), typed=str(root))
            assert answer.status_code == 200, answer.text
            wait_for(lambda: not is_there(world, root))
            wait_for(lambda: state(world, pid) == "idle in transaction")
        pump()
        assert f"ended the connection of backend {root} (qd_app), which held up 1 other" in pat.get(f"/api/audit?row={root}").text  # fmt: skip


def test_the_pages_ask_for_a_reason_and_for_the_process_id(pat, world, app_url):
    with holding(app_url, LOCK), waiting(world.sql, app_url, PATIENT, LOCK) as pid:
        at = started(world.sql, pid)
        asked = pat.get(f"/slow-queries/live/{pid}/cancellation", query_string={"started": at})
        assert f"Cancel the statement of backend {pid}?" in asked.text
        assert "Cancelling its statement" in pat.get(f"/slow-queries/live/{pid}/termination", query_string={"started": at}).text  # fmt: skip
        silent = pat.post(f"/slow-queries/live/{pid}/cancellation", data={"started": at, "reason": " "})
        assert (silent.status_code, "Say why" in silent.text) == (422, True)
        wrong = pat.post(f"/slow-queries/live/{pid}/termination", data={"started": at, "reason": "x", "typed": "1"})
        assert (wrong.status_code, f"Type {pid}, exactly so." in wrong.text) == (422, True)
        assert is_there(world, pid)
        right = {"started": at, "reason": "It hangs", "typed": str(pid)}
        done = pat.post(f"/slow-queries/live/{pid}/termination", data=right)
        assert (done.status_code, done.headers["Location"]) == (303, "/slow-queries/live")
        wait_for(lambda: not is_there(world, pid))


def test_a_process_id_that_was_given_to_another_backend_is_not_stopped(pat, world, app_url):
    with holding(app_url, LOCK), waiting(world.sql, app_url, PATIENT, LOCK) as pid:
        before = "2026-01-01T00:00:00.000001+00:00"
        answer = send(pat, pid, "termination", before, typed=str(pid))
        assert (answer.status_code, answer.json["code"]) == (404, "backend-gone")
        page = pat.post(f"/slow-queries/live/{pid}/cancellation", data={"started": before, "reason": "x"})
        assert page.status_code == 404
        assert pat.get(f"/slow-queries/live/{pid}/cancellation?started=nonsense").status_code == 404
        assert is_there(world, pid)


def test_what_has_ended_is_gone_the_second_time(pat, world, app_url):
    with holding(app_url, LOCK) as holder:
        pid, at = holder.info.backend_pid, started(world.sql, holder.info.backend_pid)
        with waiting(world.sql, app_url, PATIENT, LOCK):
            assert send(pat, pid, "termination", at, typed=str(pid)).status_code == 200
            assert send(pat, pid, "termination", at, typed=str(pid)).status_code == 404


def test_what_only_idles_cannot_be_cancelled(pat, world, app_url):
    with holding(app_url, LOCK) as holder, waiting(world.sql, app_url, PATIENT, LOCK):
        pid = holder.info.backend_pid
        answer = send(pat, pid, "cancellation", started(world.sql, pid))
        assert (answer.status_code, answer.json["code"]) == (409, "backend-idle")
        assert is_there(world, pid)


def test_a_superuser_is_not_stopped_and_nothing_is_written(pat, world, superuser_url, app_url, pump):
    with holding(superuser_url, LOCK) as holder, waiting(world.sql, app_url, PATIENT, LOCK):
        pid, at = holder.info.backend_pid, started(world.sql, holder.info.backend_pid)
        answer = send(pat, pid, "termination", at, typed=str(pid))
        assert (answer.status_code, answer.json["code"]) == (409, "backend-protected")
        assert is_there(world, pid)
        page = pat.get("/slow-queries/live").text
        assert f"/slow-queries/live/{pid}/termination" not in page
    pump()
    assert "ended the connection" not in pat.get(f"/api/audit?row={pid}").text


def test_without_the_right_it_says_which_one_is_missing(app, pat, world, urls, app_url, monkeypatch):
    other = watched_by(app.config["SETTINGS"], urls["DATABASE_EXPLAIN_URL"])
    monkeypatch.setitem(app.config, "SETTINGS", other)
    with holding(app_url, LOCK), waiting(world.sql, app_url, PATIENT, LOCK) as pid:
        answer = send(pat, pid, "cancellation", started(world.sql, pid))
        assert (answer.status_code, answer.json["code"]) == (409, "signal-forbidden")
        assert "GRANT pg_signal_backend TO qd_explain;" in answer.json["detail"]
        assert is_there(world, pid)
        assert "/cancellation?started" not in pat.get("/slow-queries/live").text


def test_people_of_companies_may_not(ada, vera, world, app_url):
    with holding(app_url, LOCK), waiting(world.sql, app_url, PATIENT, LOCK) as pid:
        at = started(world.sql, pid)
        for person in (ada, vera):
            assert send(person, pid, "cancellation", at).status_code == 403
            assert send(person, pid, "termination", at, typed=str(pid)).status_code == 403
            form = {"started": at, "reason": "x", "typed": str(pid)}
            assert person.post(f"/slow-queries/live/{pid}/termination", data=form).status_code == 403
        assert is_there(world, pid)
