"""Who acts and under which request id, in a request, a job or a command alike."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from app.core.ids import new_ulid

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_actor: ContextVar[dict[str, Any] | None] = ContextVar("actor", default=None)

SYSTEM_ACTOR: dict[str, Any] = {"kind": "system", "name": "Quarterdeck"}


def request_id() -> str:
    """Return the id that joins logs, events and problems of one request; made when there is none."""
    value = _request_id.get()
    if not value:
        value = new_ulid()
        _request_id.set(value)
    return value


def known_request_id() -> str:
    """Return the request id; "" when there is none yet."""
    return _request_id.get()


def set_request_id(value: str) -> None:
    """Set the request id at the start of a request."""
    _request_id.set(value)


def actor() -> dict[str, Any]:
    """Return who acts, as facts carry it: kind, name, and the user's public id."""
    return _actor.get() or SYSTEM_ACTOR


def set_actor(value: dict[str, Any] | None) -> None:
    """Set who acts for the rest of this context."""
    _actor.set(value)


@contextmanager
def acting_as(who: dict[str, Any] | None, request: str | None = None) -> Iterator[None]:
    """Act as somebody for a while: a job carries the person and request that caused it."""
    actor_token = _actor.set(who)
    request_token = _request_id.set(request or new_ulid())
    try:
        yield
    finally:
        _actor.reset(actor_token)
        _request_id.reset(request_token)
