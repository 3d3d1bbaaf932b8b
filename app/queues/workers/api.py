"""Workers over JSON: what the pages show and do."""

from flask import Blueprint
from pydantic import BaseModel

from app.core.api import contract
from app.core.errors import InvalidInput
from app.queues.workers import service
from app.queues.workers.problems import LastSlot, NoWorkers, WorkerNotFound
from app.queues.workers.schemas import (
    Autoscale,
    ChangeConsumers,
    ChangePool,
    LimitRate,
    LimitTime,
    RepliesOut,
    ShutDown,
    WorkerDetail,
    WorkersOut,
    detail_of,
    instant,
    replies_of,
    worker_of,
)
from app.queues.workers.watch import try_snapshot

api_bp = Blueprint("workers_api", __name__, url_prefix="/api/workers")
READ, WRITE, DESTROY, TAG = "queues:read", "queues:write", "queues:destroy", "Workers"
TELLING = [WorkerNotFound, NoWorkers, InvalidInput]
REPLIES: dict[int, type[BaseModel] | None] = {200: RepliesOut}


@api_bp.get("")
@contract(scope=READ, returns={200: WorkersOut}, tag=TAG, installation=True)
def list_workers() -> WorkersOut:
    """List all workers as the relay asked them last."""
    known = try_snapshot()
    if known is None:
        return WorkersOut(items=[], as_of=None)
    return WorkersOut(items=[worker_of(one) for one in known.workers], as_of=instant(known.at))


@api_bp.get("/<string:node>")
@contract(scope=READ, returns={200: WorkerDetail}, problems=[WorkerNotFound], tag=TAG, installation=True)
def show_worker(node: str) -> WorkerDetail:
    """Show one worker with the jobs it knows and its settings."""
    known = try_snapshot()
    found = known.find(node) if known else None
    if found is None:
        raise WorkerNotFound(node=node)
    return detail_of(found)


@api_bp.post("/<string:node>/pool")
@contract(scope=WRITE, body=ChangePool, returns=REPLIES, problems=[*TELLING, LastSlot], tag=TAG, installation=True)
def change_pool(node: str, body: ChangePool) -> RepliesOut:
    """Grow or shrink the pool of a worker, or of `every` one."""
    return replies_of(service.change_pool(node, body.change, body.slots))


@api_bp.post("/<string:node>/autoscale")
@contract(scope=WRITE, body=Autoscale, returns=REPLIES, problems=TELLING, tag=TAG, installation=True)
def set_autoscale(node: str, body: Autoscale) -> RepliesOut:
    """Change between how many slots a worker scales; one that was started without autoscaling refuses."""
    return replies_of(service.set_autoscale(node, body.lowest, body.highest))


@api_bp.post("/<string:node>/consumers")
@contract(scope=WRITE, body=ChangeConsumers, returns=REPLIES, problems=TELLING, tag=TAG, installation=True)
def change_consumers(node: str, body: ChangeConsumers) -> RepliesOut:
    """Let a worker take jobs from a queue, or no longer."""
    return replies_of(service.change_consumers(node, body.change, body.queue))


@api_bp.post("/<string:node>/rate-limit")
@contract(scope=WRITE, body=LimitRate, returns=REPLIES, problems=TELLING, tag=TAG, installation=True)
def limit_rate(node: str, body: LimitRate) -> RepliesOut:
    """Let each worker begin a job only so often."""
    return replies_of(service.limit_rate(node, body.job, body.rate))


@api_bp.post("/<string:node>/time-limit")
@contract(scope=WRITE, body=LimitTime, returns=REPLIES, problems=TELLING, tag=TAG, installation=True)
def limit_time(node: str, body: LimitTime) -> RepliesOut:
    """Let a job run only so long."""
    return replies_of(service.limit_time(node, body.job, body.soft_s, body.hard_s))


@api_bp.post("/<string:node>/shutdown")
@contract(scope=DESTROY, body=ShutDown, returns=REPLIES, problems=TELLING, tag=TAG, installation=True)
def shut_down(node: str, body: ShutDown) -> RepliesOut:
    """Let a worker take no more jobs, give the running ones a while, give back the rest, and end."""
    return replies_of(service.shut_down(node, body.reason))
