"""`celery -A app.worker worker`: runs jobs inside an app context."""

from typing import Any

from celery.signals import task_postrun, task_prerun, worker_init, worker_process_init

from app import create_app
from app.core import process
from app.core.db import db
from app.core.pushed import pushed_of
from app.extensions import celery

process.set_kind("worker")
flask_app = create_app()
_contexts: dict[str, Any] = {}  # Any: Flask's AppContext by task id


@worker_process_init.connect
def forget_connections(**_: Any) -> None:  # Any: Celery's signal arguments
    """A forked child must not speak on its parent's connections."""
    with flask_app.app_context():
        for engine in db.engines.values():
            engine.dispose(close=False)
    pushed_of(flask_app).ensure_started()


@worker_init.connect
def follow_settings(**_: Any) -> None:  # Any: as above
    """The parent keeps its settings fresh too: pools of threads run the jobs in it."""
    pushed_of(flask_app).ensure_started()


@task_prerun.connect
def push_context(task_id: str, **_: Any) -> None:
    """Give each task an app context of its own."""
    context = flask_app.app_context()
    context.push()
    _contexts[task_id] = context


@task_postrun.connect
def pop_context(task_id: str, **_: Any) -> None:
    """End it, and with it the database session."""
    context = _contexts.pop(task_id, None)
    if context is not None:
        context.pop()


app = celery

__all__ = ["app", "celery"]
