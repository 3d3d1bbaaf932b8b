"""Celery on Valkey with the safe profile, and the sending of due jobs.

The broker is a fast bell, not a store: what it loses is sent again from `job_outbox`.
"""

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from celery import Celery
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from app.core import clock
from app.core.db import db, transaction
from app.core.jobs import job_outbox
from app.core.tenancy import system_work
from app.extensions import celery
from config import Settings

QUEUES = (
    "email", "report", "ai-processing", "export", "notification", "cleanup", "ocr", "sync", "analytics",
    "maintenance", "search", "cache", "backup",
)  # fmt: skip
EXCHANGE = Exchange("jobs")
BATCH = 100
FIRST_RESEND_S = 60
LONGEST_RESEND_S = 3600
HARD_LIMIT_S = 3600
SOFT_LIMIT_S = HARD_LIMIT_S - 60
# Longer than any job may run: a shorter one hands a running job to a second worker.
VISIBILITY_S = HARD_LIMIT_S + 600

log = structlog.get_logger(__name__)


def configure(app: Celery, settings: Settings) -> None:
    """Set the safe profile."""
    app.conf.update(
        broker_url=settings.redis_url.get_secret_value(),
        broker_connection_retry_on_startup=True,
        broker_transport_options={
            "visibility_timeout": VISIBILITY_S,
            "unacked_restore_interval": 10,
            "unacked_restore_throttle": 1,
            "socket_timeout": 30,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 25,
            "queue_order_strategy": "round_robin",
        },
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_retry_on_worker_lost=True,
        task_time_limit=HARD_LIMIT_S,
        task_soft_time_limit=SOFT_LIMIT_S,
        task_default_queue="maintenance",
        task_create_missing_queues=False,
        task_default_exchange=EXCHANGE.name,
        task_default_routing_key="maintenance",
        # Named one by one: queues declared without a key all get the default one, and a message in every queue.
        task_queues=[Queue(name, EXCHANGE, routing_key=name) for name in QUEUES],
        worker_prefetch_multiplier=1,
        worker_soft_shutdown_timeout=10,
        worker_enable_soft_shutdown_on_idle=True,
        worker_hijack_root_logger=False,
        worker_send_task_events=True,
        worker_concurrency=4,
        timezone="UTC",
    )


def publish_jobs() -> int:
    """Send every job that is due and return how many were sent. The relay calls it after each batch.

    A row stays until its job has ended. Nobody waits for a database lock while the broker answers: two
    senders at once send a job twice, and the second worker finds it taken.
    """
    due = _due()
    for row in due:
        try:
            celery.send_task(
                row.name, args=[row.company_id, row.job_id], queue=row.queue, task_id=row.job_id, retry=False
            )
        except (OperationalError, RedisError, OSError) as error:
            log.warning("broker away, jobs wait in the outbox", error=str(error))
            return 0
        _sent(row)
    return len(due)


def _due() -> list[sa.Row[Any]]:  # Any: the columns of job_outbox
    statement = (
        sa.select(job_outbox)
        .where(job_outbox.c.due_at <= clock.now(), job_outbox.c.phase != "blocked")
        .order_by(job_outbox.c.due_at)
        .limit(BATCH)
    )
    with system_work(), transaction():
        return list(db.session.execute(statement))


def _sent(row: sa.Row[Any]) -> None:  # Any: as above
    """Ask for it again later, in case the broker loses it; less and less often, for a long queue is no loss."""
    wait_s = min(FIRST_RESEND_S * 2**row.sends, LONGEST_RESEND_S)
    statement = (
        sa.update(job_outbox)
        .where(
            job_outbox.c.company_id == row.company_id,
            job_outbox.c.job_id == row.job_id,
            job_outbox.c.due_at == row.due_at,  # a worker that was faster has set its lease here
        )
        .values(
            due_at=clock.now() + timedelta(seconds=wait_s),
            sends=row.sends + 1,
            phase=sa.case((job_outbox.c.phase == "waiting", "sent"), else_=job_outbox.c.phase),
        )
    )
    with system_work(), transaction():
        db.session.execute(statement)
