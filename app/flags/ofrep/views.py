"""OFREP's addresses: one flag, all flags, and the stream that says when to ask again.

Another environment than this installation's own is asked below `/ofrep/environments/<name>` (give a client that as its base address). A tenant's callers are
always answered for their own company, whatever their context says.
"""

import json
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import Any

import structlog
from flask import Blueprint, Response, current_app, request, url_for
from werkzeug.exceptions import HTTPException

from app.core.access import PUBLIC
from app.core.api import contract
from app.core.auth import principal
from app.core.errors import NotSignedIn, Problem
from app.flags.engine.model import ErrorCode
from app.flags.ofrep import stream
from app.flags.ofrep.answers import evaluate_all, failure, success_or_failure
from app.flags.ofrep.passes import issue_pass, read_pass
from app.flags.ofrep.tables import table_of
from app.flags.problems import UnknownEnvironment

log = structlog.get_logger(__name__)
bp = Blueprint("ofrep", __name__)
PREFIXES = ("/ofrep/v1", "/ofrep/environments/<string:environment>/ofrep/v1")
View = Callable[..., Response]


class BadQuestion(Exception):
    """The body is not what OFREP asks for."""

    def __init__(self, code: ErrorCode, details: str) -> None:
        super().__init__(details)
        self.code, self.details = code, details


def wire(view: View) -> View:
    """Answer mistakes and failures as OFREP writes them."""

    @wraps(view)
    def run(**path: Any) -> Response:
        try:
            return view(**path)
        except BadQuestion as mistake:
            return answer(failure(path.get("key"), mistake.code, mistake.details), 400)
        except (Problem, HTTPException):  # the latter of a body that ends too early or too late
            raise
        except Exception:
            log.exception("flags not evaluated")
            return answer({"errorDetails": "The flags could not be evaluated. Ask again, or use your defaults."}, 500)

    return run


@bp.post(f"{PREFIXES[0]}/evaluate/flags/<string:key>")
@bp.post(f"{PREFIXES[1]}/evaluate/flags/<string:key>")
@contract(scope="flags:evaluate", raw=True, any_company=True, problems=[UnknownEnvironment], tag="OFREP")
@wire
def evaluate_flag(key: str, environment: str | None = None) -> Response:
    """Evaluate one flag for a context."""
    table = table_of(environment)
    context = read_context()
    if key not in table.snapshot.flags:
        return answer(failure(key, ErrorCode.FLAG_NOT_FOUND, f"There is no flag “{key}”."), 404)
    found = table.evaluate(key, context)
    return answer(success_or_failure(found, table.snapshot.flags[key]), 400 if found.error else 200)


@bp.post(f"{PREFIXES[0]}/evaluate/flags")
@bp.post(f"{PREFIXES[1]}/evaluate/flags")
@contract(scope="flags:evaluate", raw=True, any_company=True, problems=[UnknownEnvironment], tag="OFREP")
@wire
def evaluate_flags(environment: str | None = None) -> Response:
    """Evaluate all flags for a context; `If-None-Match` answers 304 while nothing is different for it."""
    table = table_of(environment)
    context = read_context()
    flags = evaluate_all(table, context)
    tag = etag_of(flags, context, table.snapshot.environment)
    if request.if_none_match.contains_weak(tag):
        response = Response(status=304)
    else:
        response = answer(
            {
                "flags": flags,
                "metadata": {"environment": table.snapshot.environment, "revision": table.snapshot.revision},
                "eventStreams": [{"type": "sse", "url": stream_address(environment)}],
            }
        )
    response.set_etag(tag, weak=True)
    return response


@bp.get(f"{PREFIXES[0]}/changes")
@bp.get(f"{PREFIXES[1]}/changes")
@contract(scope=PUBLIC, raw=True, session=False, problems=[NotSignedIn], tag="OFREP")
def stream_changes(environment: str | None = None) -> Response:
    """Follow changes as server-sent events, with the pass a bulk answer carried in its address."""
    table_of(environment)
    who = read_pass(request.args.get("pass", "")[:2000])
    if who is None or not who.may("flags:evaluate"):
        raise NotSignedIn
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (the stream outlives the request)
    events = stream.ChangeStream(app, who, request.headers.get("Last-Event-ID", "")).events()
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(events, mimetype="text/event-stream", headers=headers)


def read_context() -> dict[str, Any]:
    """Return the context of the body; a tenant's caller is always in the own company.

    Raises:
        BadQuestion: There is none to be read.
    """
    text = request.get_data()
    try:
        body = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        raise BadQuestion(ErrorCode.PARSE_ERROR, "The body is not JSON.") from None
    context = body.get("context", {}) if isinstance(body, dict) else None
    if context is None and isinstance(body, dict):
        context = {}
    if not isinstance(context, dict):
        raise BadQuestion(ErrorCode.INVALID_CONTEXT, 'context must be an object such as {"targetingKey": "u1"}.')
    who = principal()
    return context | {"company": who.acting_in.slug} if who.acting_in is not None else context


def etag_of(flags: list[dict[str, Any]], context: dict[str, Any], environment: str) -> str:
    """Return a tag over everything the answer depends on: the answers, the tenant and the context, the environment.

    It is made of the answers themselves, so that a rule that looks at the clock is never answered by an old 304.
    """
    who = principal()
    tenant = who.acting_in.slug if who.acting_in else "-"
    parts = json.dumps([flags, context, tenant, environment], sort_keys=True, separators=(",", ":"), default=str)
    return sha256(parts.encode()).hexdigest()[:32]


def stream_address(environment: str | None) -> str:
    """Return the absolute address of the change stream for whoever asks."""
    values = {"environment": environment} if environment else {}
    return url_for("ofrep.stream_changes", **values, **{"pass": issue_pass(principal())}, _external=True)


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """Return JSON, written so that 1.0 stays 1.0."""
    return Response(json.dumps(body, separators=(",", ":"), ensure_ascii=False), status, mimetype="application/json")
