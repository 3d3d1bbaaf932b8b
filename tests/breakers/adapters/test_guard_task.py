"""A Celery task behind a breaker, with a real worker on the run's Valkey."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from celery.exceptions import Ignore

from app.breakers.adapters.celery import guarded_task
from app.breakers.breaker import Breaker
from app.breakers.states import CallNotPermitted, State
from tests.site import wait_for


class Shop:
    """A queue of charges, and what became of them.

    Attributes:
        done: Numbers charged, in their order.
        attempts: Numbers tried, with the retries Celery counted.
        is_broken: True while the payment service fails.
    """

    def __init__(self, redis_url: str, one: Breaker) -> None:
        self.one = one
        self.done: list[int] = []
        self.attempts: list[tuple[int, int]] = []
        self.is_broken = False
        self.lock = threading.Lock()
        self.app = Celery(one.name, broker=redis_url)
        self.app.conf.update(
            task_default_queue=one.name, task_acks_late=True, worker_prefetch_multiplier=1, task_ignore_result=True,
            worker_hijack_root_logger=False, broker_connection_retry_on_startup=True, worker_enable_remote_control=False,
        )  # fmt: skip

        @self.app.task(bind=True, max_retries=2, name="charge", shared=False)  # two shops must not share theirs
        @guarded_task(one.name)
        def charge(task: Any, number: int) -> None:  # Any: Celery's
            with self.lock:
                self.attempts.append((number, task.request.retries))
                if self.is_broken:
                    raise task.retry(exc=ConnectionError("no answer"), countdown=0.1)
                self.done.append(number)

        self.charge = charge


@pytest.fixture
def shop(redis_url: str, make_breaker: Any) -> Iterator[Shop]:
    made = Shop(redis_url, make_breaker(wait_duration_in_open_state_ms=1000))
    with start_worker(made.app, pool="threads", concurrency=4, perform_ping_check=False, shutdown_timeout=20):
        yield made
    made.app.close()


@pytest.mark.slow
def test_refused_tasks_wait_keep_their_retries_and_none_is_lost(shop: Shop) -> None:
    shop.is_broken = True
    shop.charge.delay(0)
    wait_for(lambda: shop.one.state is State.OPEN, limit_s=20)
    shop.is_broken = False
    for number in range(1, 9):
        shop.charge.delay(number)
    wait_for(lambda: len(shop.done) >= 9, limit_s=60)
    assert sorted(shop.done) == list(range(9))
    assert max(retries for _, retries in shop.attempts) <= 2
    assert {retries for number, retries in shop.attempts if number} == {0}
    wait_for(lambda: shop.one.state is State.CLOSED)


def test_called_directly_it_says_that_it_is_open(make_breaker: Any) -> None:
    one: Breaker = make_breaker()
    shop = Shop("memory://", one)
    one.move_alone(State.OPEN)
    with pytest.raises(CallNotPermitted):
        shop.charge(1)


def test_being_told_to_ignore_is_no_outcome(make_breaker: Any) -> None:
    one: Breaker = make_breaker()

    @guarded_task(one.name)
    def give_up() -> None:
        raise Ignore

    with pytest.raises(Ignore):
        give_up()
    assert one.figures_now() == (0, 0, 0)
