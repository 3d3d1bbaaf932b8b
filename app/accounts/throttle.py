"""Failed sign-ins per account and address, counted in SQL: exact over all processes, and Redis is not asked.

An attempt is counted before the password is looked at and taken back when it was right, so a hundred tries
sent at once count as a hundred.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from app.accounts import gate
from app.core.db import db
from app.core.errors import TooManyRequests
from app.limits.service import limits


@contextmanager
def sign_in_attempt(account: str, ip: str) -> Iterator[None]:
    """Count the block as one attempt; leaving it without an exception makes it a success that costs nothing.

    Raises:
        TooManyRequests: Too many failed before.
    """
    table = limits().table
    asked = [(f"a:{account.lower()}:{ip}", table["auth"]), (f"ip:{ip}", table["auth_ip"])]
    counted = [(key, limit) for key, limit in asked if limit.amount]
    if not counted:
        yield
        return
    with db.engine.begin() as connection:
        answer = connection.scalar(
            sa.text("SELECT auth_attempt(:keys, :limits, :window_s)"),
            {
                "keys": [key for key, _ in counted],
                "limits": [limit.amount for _, limit in counted],
                "window_s": max(limit.window_s for _, limit in counted),
            },
        )
    if answer["wait_s"]:
        raise TooManyRequests(limit="auth", retry_after_s=answer["wait_s"])
    yield
    gate.ask("SELECT auth_attempt_passed(:ids)", ids=answer["ids"])
