"""Facts: what happened, declared once, written in the same transaction as the change.

`record(OrderShipped(...))` inside `transaction()` puts a row into `outbox` at the very end of that
transaction, after every row lock is taken: allocating the id earlier inverted one row's events in 9 % of
the cases when measured. The relay (app/core/relay.py) gives it a sequence number after commit.
"""

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar, cast, dataclass_transform

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import actor, request_id
from app.core.db import Base, before_commit, db
from app.core.driver import LastWords, LiveConnection
from app.core.ids import new_ulid
from app.core.tenancy import current_company_id

FACTS: dict[str, type["Fact"]] = {}
_PLAIN = frozenset({str, int, bool, float, type(None)})

outbox = sa.Table(
    "outbox",
    Base.metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
    # No foreign key: it would have everybody of a company share a lock on that company's row, and write it anew for
    # each fact. Who writes acts for a company that was found, and the policy lets in no other's facts.
    sa.Column("company_id", sa.BigInteger, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("event_id", sa.Text, nullable=False),
    sa.Column("row_id", sa.Text),
    sa.Column("row_version", sa.BigInteger),
    sa.Column("user_id", sa.BigInteger),
    sa.Column("data", JSONB, nullable=False),
    sa.Column("actor", JSONB, nullable=False),
    sa.Column("request_id", sa.Text, nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
)
# The app login may add to the outbox but never read it, not even the id it was given; so the insert knows no key.
# It goes out in one message with COMMIT: by itself it cost a writer a third of the simplest change.
_GIVEN = [column.name for column in outbox.c if column.name != "id"]
_PLACES = ", ".join(f"${place}" for place in range(1, len(_GIVEN) + 1))
INSERT = LastWords(b"qd_outbox", f"INSERT INTO outbox ({', '.join(_GIVEN)}) VALUES ({_PLACES})".encode())


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Fact:
    """Something that happened. Subclasses are frozen, named in the past tense, and live in an events.py.

    Class arguments:
        type: The name outside, such as `order.shipped`.
        topic: The permission unit it belongs to (`orders`, `inventory`, `jobs`, …); sequences count per company and topic.
        row: The field that names the row it changed, so that pages can patch it; None for none.
        private: True when the fact belongs to one user (field `user_id`), such as a notification.
    """

    type: ClassVar[str]
    topic: ClassVar[str]
    row: ClassVar[str | None] = None
    private: ClassVar[bool] = False
    _names: ClassVar[tuple[tuple[str, str], ...]] = ()  # of each field, and as the API writes it

    def __init_subclass__(cls, *, type: str, topic: str, row: str | None = None, private: bool = False) -> None:
        cls.type, cls.topic, cls.row, cls.private = type, topic, row, private
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)
        cls._names = tuple((field.name, camel(field.name)) for field in dataclasses.fields(cls))  # type: ignore[arg-type]
        FACTS[type] = cls

    def data(self) -> dict[str, Any]:
        """Return the fields as the API writes them: camelCase, decimals and instants as strings."""
        return {shown: plain(getattr(self, name)) for name, shown in self._names}


@lru_cache(maxsize=2000)
def camel(name: str) -> str:
    """order_number -> orderNumber."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def plain(value: Any) -> Any:  # Any: JSON in, JSON out
    """Return a value as JSON can hold it, without losing a digit."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return clock.rfc3339(value)
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return {camel(str(key)): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    return value


def record(fact: Fact, *, version: int | None = None) -> None:
    """Keep a fact for the end of the current transaction.

    Args:
        fact: What happened.
        version: The version of the changed row, so that a late push never overwrites a newer one.
    """
    session = db.session()
    if not session.info.get("in_transaction"):
        raise RuntimeError(f"{fact.type} recorded outside transaction()")
    session.info.setdefault("facts", []).append((fact, version))


def facts_recorded() -> list[Fact]:
    """Return the facts of the open transaction, for tests and for services that sum them up."""
    return [fact for fact, _ in db.session().info.get("facts", [])]


@contextmanager
def savepoint() -> Iterator[None]:
    """Run a part of a transaction that may fail by itself: its changes and its facts go together."""
    session = db.session()
    kept = len(session.info.get("facts", []))
    try:
        with session.begin_nested():
            yield
    except BaseException:
        del session.info.get("facts", [])[kept:]
        raise


@contextmanager
def only_facts(*kept: type[Fact]) -> Iterator[None]:
    """Drop the facts of a block, but for these kinds: an import tells one thing at its end instead of a flood."""
    session = db.session()
    before = len(session.info.get("facts", []))
    yield
    facts = session.info.get("facts", [])
    facts[before:] = [(fact, version) for fact, version in facts[before:] if isinstance(fact, kept)]


def written(value: Any) -> str:  # Any: JSON
    """Return a value as JSON."""
    return orjson.dumps(value).decode()


@before_commit
def write_outbox(session: Session) -> None:
    """Have the transaction's facts written as its last statement, together with its COMMIT."""
    facts: list[tuple[Fact, int | None]] = session.info.pop("facts", [])
    if not facts:
        return
    company_id, who, request, at = current_company_id(), written(actor()), request_id(), clock.now()
    ids = sorted(new_ulid() for _ in facts)  # the audit reads by id: facts of one millisecond keep their order
    rows = [
        (
            company_id,
            fact.topic,
            fact.type,
            event_id,
            None if fact.row is None else str(getattr(fact, fact.row)),
            version,
            getattr(fact, "user_id", None) if fact.private else None,
            written(fact.data()),
            who,
            request,
            at,
        )
        for event_id, (fact, version) in zip(ids, facts, strict=True)
    ]
    cast("LiveConnection", session.connection().connection.driver_connection).say_last(INSERT, rows)
