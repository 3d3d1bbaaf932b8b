"""`celery -A app.worker worker`: runs jobs inside an app context."""

import sys
from typing import Any, NoReturn

from celery.concurrency.prefork import TaskPool as PreforkPool
from celery.signals import task_postrun, task_prerun, worker_init, worker_process_init, worker_ready

from app import create_app
from app.core import guards, process
from app.core.memory import settle_memory
from app.core.pushed import pushed_of
from app.core.tenancy_check import check_database
from app.extensions import celery
from config import BadSettings


def refuse(problem: BadSettings) -> NoReturn:
    """End the process and say why; Celery would show a stack."""
    print(f"Quarterdeck does not start.\n{problem.message}", file=sys.stderr, flush=True)  # noqa: T201 (nobody logs yet)
    sys.exit(problem.exit_code)


process.set_kind("worker")
try:
    flask_app = create_app()
except BadSettings as problem:
    refuse(problem)
_contexts: dict[str, Any] = {}  # Any: Flask's AppContext by task id


@worker_init.connect
def begin(**_: Any) -> None:  # Any: Celery's signal arguments
    """Work for no company on a database where they could see each other."""
    try:
        with guards.unguarded():
            check_database(flask_app)
    except BadSettings as problem:
        refuse(problem)
    settle_memory()  # before the fork, once for all children


@worker_process_init.connect
def keep_fresh(**_: Any) -> None:  # Any: as above
    """Follow the settings in every forked child."""
    pushed_of(flask_app).ensure_started()


@worker_ready.connect
def follow_settings(sender: Any, **_: Any) -> None:  # Any: as above
    """A pool of threads runs the jobs in this very process, so it keeps its settings fresh.

    A parent that forks must have no threads of ours: a child would be born with whatever lock one of them held.
    """
    if not issubclass(sender.controller.pool_cls, PreforkPool):
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
