"""A changing request that carries an Idempotency-Key acts once, however often it is sent.

The answer is stored in the transaction of its effect: either both are there or neither. A refusal (4xx)
is stored too; a 5xx never, so trying again can succeed. Rows are scoped by company, principal and route.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any, ParamSpec

import sqlalchemy as sa
from flask import Response, make_response, request
from sqlalchemy.dialects.postgresql import insert

from app.core import clock
from app.core.auth import maybe_principal
from app.core.db import Base, db, transaction
from app.core.errors import Problem
from app.core.sent import refuse_nul_in
from app.core.tenancy import current_scope

P = ParamSpec("P")
MAX_KEY_LENGTH = 255
# nginx sends a request again at once when its process is killed; the server notices a little later that who holds the
# key is dead. So one waits a moment before saying that somebody is at it.
TURN_S, LOOK_S = 1.0, 0.02
_pause = threading.Event()
KEPT_HEADERS = ("Location", "HX-Redirect", "HX-Trigger", "Content-Type", "ETag")

idempotency_keys = sa.Table(
    "idempotency_keys",
    Base.metadata,
    sa.Column("company_id", sa.BigInteger, sa.ForeignKey("companies.id"), primary_key=True),
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("route", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("body_hash", sa.LargeBinary, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("headers", sa.JSON, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, index=True),
)


class KeyReused(Problem, code="idempotency-key-reused", status=422):
    """This Idempotency-Key was used for something else. Send a new key with a new request."""


class KeyInFlight(Problem, code="idempotency-key-in-flight", status=409):
    """The same request is still being worked on. Wait a moment and send it again with the same key."""

    retry_after_s: int = 1


class KeyTooLong(Problem, code="idempotency-key-too-long", status=400):
    """The Idempotency-Key is too long. Use at most 255 characters, such as a UUID."""


def sent_key() -> str | None:
    """Return the key of this request: the header, or the hidden field of a form."""
    key = request.headers.get("Idempotency-Key")
    if key is None and request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        key = request.form.get("idempotency_key")
    if key is not None and len(key) > MAX_KEY_LENGTH:
        raise KeyTooLong
    if key is not None:
        refuse_nul_in({"Idempotency-Key": [key]})
    return key or None


def _fingerprint() -> bytes:
    """Hash what makes two requests the same: form fields without the key itself, or the raw body."""
    if request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        fields = sorted((k, v) for k, v in request.form.items(multi=True) if k not in {"idempotency_key", "csrf_token"})
        return sha256(repr(fields).encode()).digest()
    return sha256(request.get_data()).digest()


def once(view: Callable[P, Any]) -> Callable[P, Any]:
    """Let a repeated request get the first answer again. For page forms; `@contract` includes it."""

    @wraps(view)
    def run(*args: P.args, **kwargs: P.kwargs) -> Any:
        key, who = sent_key(), maybe_principal()
        company_id = current_scope().company_id
        if key is None or who is None or company_id is None:
            return view(*args, **kwargs)
        identity = {
            "company_id": company_id,
            "principal": who.public_id,
            "route": f"{request.method} {request.path}",
            "key": key,
        }
        try:
            with transaction():
                return _answer_once(identity, lambda: make_response(view(*args, **kwargs)))
        except Problem as problem:
            if problem.status < 500 and not isinstance(problem, KeyReused | KeyInFlight):  # noqa: PLR2004
                _store_refusal(identity, problem)
            raise

    return run


def _answer_once(identity: dict[str, Any], act: Callable[[], Response]) -> Response:
    lock = sa.select(sa.func.pg_try_advisory_xact_lock(sa.func.hashtextextended(repr(sorted(identity.items())), 0)))
    until = time.monotonic() + TURN_S
    while not db.session.scalar(lock):
        if time.monotonic() > until:
            raise KeyInFlight
        _pause.wait(LOOK_S)
    row = db.session.execute(
        sa.select(idempotency_keys).where(*[idempotency_keys.c[name] == value for name, value in identity.items()])
    ).one_or_none()
    if row is not None:
        if bytes(row.body_hash) != _fingerprint():
            raise KeyReused
        return Response(bytes(row.body), row.status, headers={**row.headers, "Idempotency-Replayed": "true"})
    response = act()
    if response.status_code < 500:  # noqa: PLR2004
        _store(identity, response)
    return response


def _store(identity: dict[str, Any], response: Response) -> None:
    kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    db.session.execute(
        insert(idempotency_keys)
        .values(
            **identity,
            body_hash=_fingerprint(),
            status=response.status_code,
            headers=kept,
            body=response.get_data(),
            created_at=clock.now(),
        )
        .on_conflict_do_nothing()
    )


def _store_refusal(identity: dict[str, Any], problem: Problem) -> None:
    from app.core.web import render_problem

    with transaction():
        _store(identity, render_problem(problem))
