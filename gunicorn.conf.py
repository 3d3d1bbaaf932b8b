"""gunicorn: pages, JSON and sockets in the same gevent workers."""

import os
import shutil
import signal
import tempfile
import time
import warnings
from typing import Any, Self

import gevent
import gevent.monkey
from gunicorn.http import wsgi  # type: ignore[import-untyped]  # gunicorn has no types
from gunicorn.workers.ggevent import GeventWorker  # type: ignore[import-untyped]  # as above


def number_of(name: str, default: int) -> int:
    """Return a number of the environment; the default where it is none, because wsgi.py refuses that with all that is wrong."""
    try:
        found = float(os.environ.get(name) or default)
    except ValueError:
        return default
    return int(found) if found.is_integer() and found >= 1 else default


bind = f"{os.environ.get('WEB_HOST') or '127.0.0.1'}:{number_of('PORT', 3000)}"
# The application is made once and forked: a worker that was killed is back at once, and TERM never meets an import.
preload_app = True
workers = number_of("WEB_WORKERS", 2)
# Sockets and requests together; SOCKET_LIMIT stays well below, so that sockets never starve the pages.
worker_connections = number_of("WORKER_CONNECTIONS", 2500)
backlog = 2048
# The heartbeat of a gevent worker, not the length of a request: a blocked loop is restarted.
timeout = 60
# Shorter than terminationGracePeriodSeconds (45) less the preStop sleep (5).
graceful_timeout = 30
keepalive = 75  # above nginx's 60 s, so that nginx closes an idle connection first
# 27 opens a control socket in the home folder by default: a second way in nobody asked for.
control_socket_disable = True
forwarded_allow_ips = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1,::1")
header_map = "refuse"
limit_request_line = 8190
# Requests are logged by the application, with their request id; here only starts, stops and crashes.
accesslog = None
errorlog = "-"
loglevel = "info"
proc_name = "quarterdeck-web"
DRAIN_POLL_S = 0.2
# A worker that stops still takes connections for a second, then waits for those it has.
LAST_CALL_S, LAST_WAIT_S = 1.2, 0.5

# Metrics of all workers meet in a folder that is empty at every start; the client library reads the name at import.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="quarterdeck-metrics-")


class Idle(gevent.Timeout):  # type: ignore[misc]  # nor has gevent
    """A connection between two requests: it ends after `keepalive` seconds, or soon after its worker was told to stop.

    gunicorn waits for it as for a request, and nginx keeps its own open for a minute.
    """

    def __init__(self, worker: "WebWorker") -> None:
        super().__init__(keepalive if worker.alive else LAST_WAIT_S, exception=False)
        self.idle = worker.idle

    def __enter__(self) -> Self:
        self.greenlet, self.since = gevent.getcurrent(), time.monotonic()
        self.idle.add(self)
        super().__enter__()
        return self

    def __exit__(self, *about: object) -> Any:
        self.idle.discard(self)
        return super().__exit__(*about)

    def end(self) -> None:
        """Close the connection, unless a request has only just had time to come."""
        if self in self.idle and time.monotonic() - self.since > LAST_WAIT_S:
            self.greenlet.throw(self)


class Gathered(list[bytes]):
    """Stands in for a connection while one piece of an answer is made."""

    sendall = list.append


class WholeAnswer(wsgi.Response):  # type: ignore[misc]  # as above
    """gunicorn's answer, whose head goes with the first piece of its body.

    gunicorn sends the two one after the other. A worker that is killed in between has begun an answer that no proxy can
    ask for again, of a request that may have done its work; and every answer costs a system call more.
    """

    sock: Any

    def write(self, arg: bytes) -> None:
        """Send a piece of the body, and before the first one the head."""
        if self.headers_sent:
            super().write(arg)
            return
        connection, made = self.sock, Gathered()
        self.sock = made
        try:
            super().write(arg)
        finally:
            self.sock = connection
        connection.sendall(b"".join(made))


wsgi.Response = WholeAnswer  # it has no setting for this


class WebWorker(GeventWorker):  # type: ignore[misc]  # as above
    """gunicorn's gevent worker, which lets go of idle connections when it stops."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.idle: set[Idle] = set()

    def patch(self) -> None:
        """Patch what wsgi.py left to the workers."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", gevent.monkey.MonkeyPatchWarning)  # it says that we patch in two steps
            super().patch()

    def timeout_ctx(self) -> Idle:
        """Return how long the next request of a connection is waited for."""
        return Idle(self)

    def end_idle(self) -> None:
        """Close connections on which nobody asks, until the process is gone."""
        gevent.sleep(LAST_CALL_S)
        while True:
            for one in list(self.idle):
                gevent.get_hub().loop.run_callback(one.end)
            gevent.sleep(DRAIN_POLL_S)


worker_class = WebWorker


def post_fork(server: Any, worker: Any) -> None:
    """Let TERM end a worker that serves nobody yet: until it has its own handlers, its parent's would swallow it.

    Args:
        server: gunicorn's arbiter; it has no types of its own.
        worker: as above.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def child_exit(server: Any, worker: Any) -> None:
    """Forget the gauges of a worker that ended; its counters stay.

    Args:
        server: gunicorn's arbiter; it has no types of its own.
        worker: as above.
    """
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]  # it has no annotations


def on_exit(server: Any) -> None:
    """Remove the folder of the metrics.

    Args:
        server: as above.
    """
    shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    """Close the worker's open sockets when it is asked to stop: one open WebSocket would hold it for graceful_timeout.

    Args:
        worker: gunicorn's; it has no types of its own.
    """
    from app.core.pushed import pushed_of

    gevent.spawn(_drain_when_stopping, worker)
    pushed_of(worker.wsgi).ensure_started()


def _drain_when_stopping(worker: Any) -> None:
    from app.core.draining import begin_draining

    while worker.alive:
        gevent.sleep(DRAIN_POLL_S)
    begin_draining()
    gevent.spawn(worker.end_idle)
    try:
        from app.core import live
    except ImportError as problem:
        worker.log.warning("Sockets are not drained: %s", problem)
        return
    if drain := getattr(live, "drain", None):
        drain()  # tells each client to reconnect after up to 3 s drawn by lot, then closes it
