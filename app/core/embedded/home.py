"""Brings a home up: its servers, its schema, its demo, its processes."""

import http.client
import signal
import sys
from collections.abc import Mapping
from http import HTTPStatus

from app.core.embedded import demo, orphans
from app.core.embedded.child import Program
from app.core.embedded.keys import load_keys, save_keys
from app.core.embedded.options import PROJECT, Options
from app.core.embedded.ports import comes_free, is_free
from app.core.embedded.schema import is_at_head
from app.core.embedded.servers import start_servers
from app.core.embedded.supervisor import StartFailed, Supervisor

WEB_READY_TIMEOUT_S = 120


def bring_up(options: Options, supervisor: Supervisor) -> None:
    """Start everything a home needs, in order, until the web answers that it is ready."""
    orphans.end_supervised(options.home)
    _check_choices(options)
    settings = start_servers(options, supervisor)
    environ = {**options.environ, **settings, orphans.MARK: str(options.home)}
    if not is_at_head(environ["DATABASE_OWNER_URL"]):
        _run_flask(supervisor, environ, "migrate", "db", "upgrade")
    if options.wants_demo:
        _load_demo(options, supervisor, environ)
    for program in list_processes(environ):
        supervisor.add(program)
    supervisor.wait_for("web", lambda: _is_ready(options), WEB_READY_TIMEOUT_S)
    supervisor.is_ready = True
    supervisor.output.say(f"Ready: {options.url}")
    if options.wants_demo:
        supervisor.output.show(demo.describe_login(options.home))


def _check_choices(options: Options) -> None:
    """Say what cannot work before anything is started."""
    if not comes_free(options.port, options.host):
        raise StartFailed(
            f"Port {options.port} is used by another program. Choose another: PORT={_suggest(options)} bin/up"
        )
    if options.has_own_database and not options.environ.get("DATABASE_OWNER_URL"):
        raise StartFailed(
            "DATABASE_URL is set, DATABASE_OWNER_URL is not: it is the login that migrates the schema. "
            "Set it, or unset DATABASE_URL to use the embedded PostgreSQL."
        )


def _suggest(options: Options) -> int:
    return next(port for port in range(options.port + 1, 65536) if is_free(port, options.host))


def _run_flask(supervisor: Supervisor, environ: dict[str, str], name: str, *words: str) -> None:
    supervisor.run_once(Program(name, [sys.executable, "-m", "flask", *words], environ, PROJECT))


def _load_demo(options: Options, supervisor: Supervisor, environ: dict[str, str]) -> None:
    """Load the demo once. The command knows what it has done; our own note saves its start."""
    keys = load_keys(options.home)
    if options.has_own_database or not keys.is_demo_loaded:
        _run_flask(supervisor, environ, "demo", "demo", "load")
        keys.is_demo_loaded = True
        save_keys(options.home, keys)


def list_processes(environ: Mapping[str, str]) -> list[Program]:
    """Our own processes in the order they start; they stop the other way round."""
    run = [sys.executable, "-m"]
    # Celery: TERM finishes the running jobs, QUIT gives them back to the queue.
    worker_ends = ((signal.SIGTERM, 20.0), (signal.SIGQUIT, 8.0))
    worker = [*run, "celery", "--quiet", "-A", "app.worker", "worker", "--loglevel", "INFO", "--concurrency", "2"]
    worker += ["--without-gossip", "--without-mingle"]  # one worker has nobody to talk to
    return [
        Program("relay", [*run, "flask", "relay"], environ, PROJECT),
        Program("worker", worker, environ, PROJECT, stop_signals=worker_ends),
        Program(
            "web",
            [*run, "gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"],
            environ,
            PROJECT,
            stop_signals=((signal.SIGTERM, 35.0),),
        ),
    ]


def _is_ready(options: Options) -> bool:
    connection = http.client.HTTPConnection(options.url.removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
