"""Queues over JSON: how they do, what holds them, their limits, and emptying one."""

from datetime import datetime, timedelta

from flask import Blueprint, current_app

from app.accounts import reads as accounts
from app.core import clock
from app.core.api import contract
from app.core.auth import principal
from app.core.errors import InvalidInput, NotFound
from app.core.jobs.limits import TARGET_WAIT_S, TARGETS_S
from app.core.jobs.model import Pause
from app.core.tenancy import acting_for
from app.queues import figures, pending
from app.queues.api.stats import queue_stats
from app.queues.figures.schemas import TypeStatsOut
from app.queues.lint import Standing, check_all
from app.queues.queue_schemas import (
    AskQueue,
    ChangeQueue,
    HoldOut,
    LimitsOut,
    PauseAnything,
    PauseOut,
    PauseQueue,
    PausesOut,
    PurgedOut,
    PurgeQueue,
    QueueDetailOut,
    QueuesOut,
    ReliabilityOut,
    RuleOut,
    ShareOut,
)
from app.queues.service import limits, pauses, purge
from app.queues.service.broker import BrokerAway, check_queue
from app.queues.service.pauses import PauseTooLong
from config import Settings

queues_api_bp = Blueprint("queues_api", __name__, url_prefix="/api/queues")
READ, WRITE, DESTROY, TAG = "queues:read", "queues:write", "queues:destroy", "Queues"


@queues_api_bp.get("")
@contract(scope=READ, returns={200: QueuesOut}, tag=TAG, installation=True)
def list_queues() -> QueuesOut:
    """List all queues, worst first."""
    found = figures.queue_figures("3h")
    kept = figures.objectives(found)
    return QueuesOut(verdict=figures.verdict(found), items=[queue_stats(one, kept[one.name]) for one in found])


@queues_api_bp.get("/<string:queue>")
@contract(
    scope=READ, query=AskQueue, returns={200: QueueDetailOut}, problems=[NotFound], tag=TAG, installation=True
)  # fmt: skip
def show_queue(queue: str, query: AskQueue) -> QueueDetailOut:
    """Show one queue with its job names, and whose jobs are alive in it."""
    check_queue(queue)
    found, allowed = figures.queue_figures("3h"), principal().permissions
    one = next(each for each in found if each.name == queue)
    if query.company is None:
        types = figures.type_figures(query.window, queue=queue, allowed=allowed)
    else:
        with acting_for(company_named(query.company)):
            types = figures.type_figures(query.window, queue=queue, allowed=allowed)
    told = queue_stats(one, figures.objectives(found)[queue])
    return QueueDetailOut(
        **dict(told), window=query.window, hold=HoldOut.model_validate(one.hold) if one.hold else None,
        types=[TypeStatsOut.model_validate(each) for each in types],
        companies=[ShareOut.model_validate(each) for each in pending.shares(queue)],
    )  # fmt: skip


@queues_api_bp.patch("/<string:queue>")
@contract(
    scope=WRITE, body=ChangeQueue, returns={200: LimitsOut}, problems=[NotFound, InvalidInput], tag=TAG,
    installation=True,
)  # fmt: skip
def change_queue(queue: str, body: ChangeQueue) -> LimitsOut:
    """Change how many jobs of a queue run at once, or how long they should wait at most, in every process."""
    row = limits.change_limits(queue, **body.model_dump(include=body.model_fields_set))
    settings: Settings = current_app.config["SETTINGS"]
    return LimitsOut(
        queue=queue, concurrency=row.concurrency or settings.slots_of(queue),
        target_wait_s=row.target_wait_s or TARGETS_S.get(queue, TARGET_WAIT_S),
        is_changed=row.concurrency is not None or row.target_wait_s is not None,
    )  # fmt: skip


@queues_api_bp.post("/<string:queue>/purge")
@contract(
    scope=DESTROY, body=PurgeQueue, returns={200: PurgedOut}, problems=[NotFound, InvalidInput, BrokerAway], tag=TAG,
    installation=True,
)  # fmt: skip
def purge_queue(queue: str, body: PurgeQueue) -> PurgedOut:
    """Delete a queue's messages from the broker; with `jobs` what has not begun will not run, else it is rung again."""
    check_queue(queue)
    purge.check_typed(queue, body.typed)
    done = purge.purge_queue(queue, reason=body.reason, with_jobs=body.jobs)
    return PurgedOut(messages=done.messages, jobs=done.jobs, rung_again=done.rung, more=done.more)


@queues_api_bp.post("/<string:queue>/pause")
@contract(
    scope=WRITE, body=PauseQueue, returns={200: PauseOut}, problems=[NotFound, InvalidInput, PauseTooLong], tag=TAG,
    installation=True,
)  # fmt: skip
def pause_queue(queue: str, body: PauseQueue) -> PauseOut:
    """Hold a queue; holding what is held changes reason and end."""
    check_queue(queue)
    return pause_of(pauses.pause("queue", queue, body.reason, end_of(body)))


@queues_api_bp.delete("/<string:queue>/pause")
@contract(scope=WRITE, returns={204: None}, problems=[NotFound], tag=TAG, installation=True)
def resume_queue(queue: str) -> None:
    """Let a queue flow again; one that flows stays so."""
    check_queue(queue)
    found = pauses.find_pause("queue", queue)
    if found is not None:
        pauses.resume(found.id)


@queues_api_bp.get("/pauses")
@contract(scope=READ, returns={200: PausesOut}, tag=TAG, installation=True)
def list_pauses() -> PausesOut:
    """List all that people hold, the oldest first."""
    return PausesOut(items=[pause_of(one) for one in pauses.list_pauses()])


@queues_api_bp.post("/pauses")
@contract(
    scope=WRITE, body=PauseAnything, returns={201: PauseOut}, problems=[InvalidInput, PauseTooLong], tag=TAG,
    installation=True,
)  # fmt: skip
def create_pause(body: PauseAnything) -> PauseOut:
    """Hold a queue, the jobs of a name, or a company's jobs."""
    return pause_of(pauses.pause(body.kind, body.value, body.reason, end_of(body)))


@queues_api_bp.delete("/pauses/<string:pause_id>")
@contract(scope=WRITE, returns={204: None}, problems=[NotFound], tag=TAG, installation=True)
def end_pause(pause_id: str) -> None:
    """Let what a pause holds flow again."""
    pauses.resume(pause_id)


@queues_api_bp.get("/reliability")
@contract(scope=READ, returns={200: ReliabilityOut}, tag=TAG, installation=True)
def show_reliability() -> ReliabilityOut:
    """Judge what could lose or double jobs here, by every rule, now."""
    results = check_all()
    return ReliabilityOut(
        is_safe=all(one.judged.standing is not Standing.DANGER for one in results),
        items=[
            RuleOut(
                code=one.rule.code, title=one.rule.title, why=one.rule.why, standing=one.judged.standing.value,
                found=one.judged.found, fix=one.judged.fix,
            )
            for one in results
        ],
    )  # fmt: skip


def end_of(body: PauseQueue) -> datetime | None:
    """Return when a pause ends.

    Raises:
        InvalidInput: It says so twice, or without a zone.
    """
    if body.until is not None and (body.for_s is not None or body.until.tzinfo is None):
        raise InvalidInput(errors=[{"field": "until", "message": "Give an instant with its zone, or forS, not both."}])
    return clock.now() + timedelta(seconds=body.for_s) if body.for_s is not None else body.until


def pause_of(one: Pause) -> PauseOut:
    """Return a pause as JSON."""
    return PauseOut(
        id=one.id, kind=one.kind, value=one.value, reason=one.reason, by=str(one.actor.get("name", "")),
        since=one.since, until=one.until,
    )  # fmt: skip


def company_named(slug: str) -> int:
    """Return a company's id.

    Raises:
        NotFound: There is none of that short name.
    """
    found = accounts.company_ids([slug])
    if slug not in found:
        raise NotFound
    return found[slug][0]
