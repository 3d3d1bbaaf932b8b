"""Celery on Valkey with the safe profile, and the sending of messages.

The broker is a fast bell, not a store: what it loses is rung again from `job_outbox` (app/core/jobs/release.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from celery import Celery
from kombu import Exchange, Queue
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from app.extensions import celery
from config import Settings

QUEUES = (
    "email", "report", "ai-processing", "export", "notification", "cleanup", "ocr", "sync", "analytics",
    "maintenance", "search", "cache", "backup", "files",
)  # fmt: skip
EXCHANGE = Exchange("jobs")
HARD_LIMIT_S = 3600
SOFT_LIMIT_S = HARD_LIMIT_S - 60
# Longer than any job may run: a shorter one hands a running job to a second worker.
VISIBILITY_S = HARD_LIMIT_S + 600

log = structlog.get_logger(__name__)


VALKEY_OPTIONS = {
    "visibility_timeout": VISIBILITY_S,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 30,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
    "queue_order_strategy": "round_robin",
}


def is_valkey(url: str) -> bool:
    """Say whether an address is that of Valkey or Redis; else it is RabbitMQ's."""
    return url.startswith(("redis", "unix"))


def configure(app: Celery, settings: Settings) -> None:
    """Set the safe profile."""
    url = (settings.broker_url or settings.redis_url).get_secret_value()
    # A quorum queue is on several machines before a message counts as taken; Valkey knows no such arguments.
    arguments = None if is_valkey(url) else {"x-queue-type": "quorum"}
    app.conf.update(
        broker_url=url,
        broker_connection_retry_on_startup=True,
        broker_transport_options=dict(VALKEY_OPTIONS) if is_valkey(url) else {"confirm_publish": True},
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
        task_queues=[Queue(name, EXCHANGE, routing_key=name, queue_arguments=arguments) for name in QUEUES],
        worker_prefetch_multiplier=1,
        worker_soft_shutdown_timeout=10,
        worker_enable_soft_shutdown_on_idle=True,
        worker_hijack_root_logger=False,
        worker_send_task_events=True,
        worker_concurrency=4,
        timezone="UTC",
    )


@dataclass(frozen=True)
class Message:
    """A ring for one job: all that the broker carries."""

    company_id: int
    job_id: str
    name: str
    queue: str


def publish(messages: Sequence[Message]) -> int:
    """Send messages in their order and return how many the broker took; at the first it does not take, it is left alone.

    Called outside any transaction: nobody waits for a database lock while the broker answers.
    """
    if not messages:
        return 0
    sent = 0
    try:
        with celery.producer_or_acquire() as producer:  # one for all: choosing one costs as much as sending
            for one in messages:
                celery.send_task(
                    one.name, args=[one.company_id, one.job_id], queue=one.queue, task_id=one.job_id, retry=False,
                    producer=producer,
                )  # fmt: skip
                sent += 1
    except (OperationalError, RedisError, OSError) as error:
        log.warning("broker away, jobs wait in the ledger", error=str(error))
    return sent
