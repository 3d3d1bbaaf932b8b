"""The web's app for the tests of sessions, with two acts that stay in the middle: `gunicorn tests.faults.callers_app:app`."""

from threading import Event

from flask import session

from app.accounts import gate
from app.accounts.sessions import current_session
from app.core.access import allow
from app.core.redis import connect
from wsgi import app

__all__ = ["app"]
PATIENCE, POLL_S = 3000, 0.01
_pause = Event()
patient = connect(app.config["SETTINGS"], timeout_s=10)  # a busy machine is no outage here


@app.post("/probe/<name>/<key>/beside/<int:others>")
@allow("self")
def write_beside(name: str, key: str, others: int) -> str:
    """Read the session, wait until so many have read theirs, then write a key of one's own."""
    len(session)
    patient.incr(name)
    _wait_until(lambda: int(patient.get(name) or 0) >= others)
    session[key] = key
    return ""


@app.post("/probe/<name>/<key>/revoked")
@allow("self")
def write_when_revoked(name: str, key: str) -> str:
    """Read the session, wait until somebody has ended it, then write."""
    len(session)
    patient.incr(name)
    session_id = current_session().session_id or ""
    _wait_until(lambda: (found := gate.find_session(session_id)) is None or found.ended is not None)
    session[key] = key
    return ""


def _wait_until(condition: object) -> None:
    assert callable(condition)
    for _ in range(PATIENCE):
        if condition():
            return
        _pause.wait(POLL_S)
    raise TimeoutError("nobody came")
