"""All workers with what runs, and one of them."""

from flask import Response

from app.core import live
from app.core.access import allow
from app.core.web import is_partial, page
from app.queues.workers import reads
from app.queues.workers.events import WorkerCame
from app.queues.workers.problems import WorkerNotFound
from app.queues.workers.views import looks
from app.queues.workers.views.blueprint import bp
from app.queues.workers.watch import try_snapshot

TOPIC = WorkerCame.topic


@bp.get("")
@allow("queues:read", installation=True)
def list_workers() -> Response:
    """Show every worker as it was asked last, and what runs now. Waits for no worker."""
    state = live.state(TOPIC)
    known = try_snapshot()
    age_s = reads.age_s(known)
    workers = known.workers if known else []
    return page(
        "workers/list.html" if is_partial() else "workers/index.html",
        live=state, known=known, workers=workers, running=reads.list_running(workers), looks=looks,
        verdict=looks.verdict_of(known, age_s),
    )  # fmt: skip


@bp.get("/<string:node>")
@allow("queues:read", installation=True)
def show_worker(node: str) -> Response:
    """Show one worker: what it runs, what it took, which queues and jobs it knows, how it is set."""
    state = live.state(TOPIC)
    known = try_snapshot()
    one = known.find(node) if known else None
    if known is None or one is None:
        raise WorkerNotFound(node=node)
    return page(
        "workers/detail.html" if is_partial() else "workers/show.html",
        live=state, known=known, one=one, running=reads.list_running([one]), prefetched=reads.list_prefetched([one]),
        looks=looks, verdict=looks.verdict_on(one),
    )  # fmt: skip
