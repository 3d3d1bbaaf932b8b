"""Failed sign-ins per account and address, counted in SQL: exact over all processes, and Redis is not asked.

Attempts in work are counted too, so a hundred tries sent at once are no way around the limit; a right one is
never refused for it: it waits for those in work, of which a process has two at most.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from app.accounts import gate
from app.accounts.passwords import AT_ONCE
from app.accounts.problems import TooManySignIns, WrongCode, WrongCredentials
from app.core.db import db
from app.core.errors import TooManyRequests
from app.limits.service import limits, refusal
from app.limits.table import Limit
from app.limits.window import Ask, Verdict

LOOK_AGAIN_S = 0.03
PATIENCE_S = 5.0
_slots = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def sign_in_attempt(account: str, ip: str, problem: type[TooManyRequests] = TooManySignIns) -> Iterator[None]:
    """Count the block as one attempt; only leaving it as wrong makes it a failure.

    Args:
        account: Whose failures they are.
        ip: From where.
        problem: How a refusal is told.

    Raises:
        TooManyRequests: Too many failed before.
    """
    table = limits().table
    asked = [(f"a:{account.lower()}:{ip}", table["auth"]), (f"ip:{ip}", table["auth_ip"])]
    with _slots:
        ids = begin([(key, limit) for key, limit in asked if limit.amount], problem)
        has_failed = False
        try:
            yield
        except (WrongCredentials, WrongCode):
            has_failed = True
            raise
        finally:
            gate.ask("SELECT auth_attempt_ended(%(ids)s, %(failed)s)", ids=ids, failed=has_failed)


def begin(counted: list[tuple[str, Limit]], problem: type[TooManyRequests]) -> list[int]:
    """Count an attempt under each key and return the rows that stand for it.

    Raises:
        TooManyRequests: Too many failed before.
    """
    if not counted:
        return []
    give_up_at = time.monotonic() + PATIENCE_S
    while True:
        answer = count(counted)
        if answer["wait_s"]:
            raise refused(counted, answer["wait_s"], problem)
        if not answer["busy"]:
            return list(answer["ids"])
        if time.monotonic() > give_up_at:
            raise refused(counted, 1, problem)
        time.sleep(LOOK_AGAIN_S)


def refused(counted: list[tuple[str, Limit]], wait_s: int, problem: type[TooManyRequests]) -> TooManyRequests:
    """Return the Problem of tries that are used up; the headers name the limit of failures, not that of requests."""
    key, limit = counted[0]
    return refusal(Verdict(Ask(limit.name, key, limit.amount, limit.window_s), limit.amount, wait_s), problem)


def count(counted: list[tuple[str, Limit]]) -> dict[str, Any]:
    """Ask the database whether one more attempt may begin, and begin it."""
    with db.engine.begin() as connection:
        answer: dict[str, Any] = connection.scalar(
            sa.text("SELECT auth_attempt(:keys, :limits, :window_s)"),
            {
                "keys": [key for key, _ in counted],
                "limits": [limit.amount for _, limit in counted],
                "window_s": max(limit.window_s for _, limit in counted),
            },
        )
    return answer
