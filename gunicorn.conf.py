"""gunicorn: pages, JSON and sockets in the same gevent workers."""

import os
import shutil
import tempfile
from typing import Any

bind = f"{os.environ.get('WEB_HOST', '127.0.0.1')}:{os.environ.get('PORT', '3000')}"
worker_class = "gevent"
workers = int(os.environ.get("WEB_WORKERS", "2"))
# Sockets and requests together; SOCKET_LIMIT stays well below, so that sockets never starve the pages.
worker_connections = int(os.environ.get("WORKER_CONNECTIONS", "2500"))
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

# Metrics of all workers meet in a folder that is empty at every start; the client library reads the name at import.
if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix="quarterdeck-metrics-")


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
    import gevent

    from app.core.pushed import pushed_of

    gevent.spawn(_drain_when_stopping, worker)
    pushed_of(worker.wsgi).ensure_started()


def _drain_when_stopping(worker: Any) -> None:
    import gevent

    from app.core.draining import begin_draining

    while worker.alive:
        gevent.sleep(DRAIN_POLL_S)
    begin_draining()
    try:
        from app.core import live
    except ImportError as problem:
        worker.log.warning("Sockets are not drained: %s", problem)
        return
    if drain := getattr(live, "drain", None):
        drain()  # tells each client to reconnect after a random 0–5 s, then closes it
