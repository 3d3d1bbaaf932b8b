"""Segments: groups that rules of many flags name."""

from typing import Any

from flask import Response, request, url_for

from app.core.access import allow
from app.core.db import transaction
from app.core.errors import InvalidInput, Problem
from app.core.idempotency import once
from app.core.outbox import savepoint
from app.core.present import plural
from app.core.web import done, page
from app.flags import reads, service
from app.flags.engine.conditions import say_condition
from app.flags.engine.model import conditions_from_json
from app.flags.problems import FlagChanged, WrongSegment
from app.flags.reads import SegmentDetail
from app.flags.service.segments import users_of_segment
from app.flags.views.asking import sent_reason, sent_version
from app.flags.views.blueprint import bp
from app.flags.views.rule_form import condition_fields, operators, read_conditions, typed_conditions

SHOWN_CONDITIONS = 3
UNPROCESSABLE = 422


@bp.get("/segments")
@allow("flags:write", installation=True)
def list_segments() -> Response:
    """Show every segment, who is in it, and which flags name it."""
    rows = [
        {
            "key": one.key,
            "description": one.description,
            "who": say_segment(one),
            "used_by": users_of_segment(one.key),
            "changed_at": one.changed_at,
        }
        for one in reads.list_segments()
    ]
    return page("flags/segments.html", segments=rows)


@bp.get("/segments/new")
@allow("flags:write", installation=True)
def new_segment() -> Response:
    """Show the form of a new segment."""
    return _form({"conditions": condition_fields([])}, is_new=True)


@bp.post("/segments")
@allow("flags:write", installation=True)
@once
def create_segment() -> Response:
    """Make a segment."""
    key = request.form.get("key", "").strip()
    try:
        if key == "new":
            raise InvalidInput(errors=[{"field": "key", "message": "“new” is the name of a page here."}])
        with transaction(), savepoint():
            service.save_segment(key, read_fields(), reason=sent_reason(), version=0)
    except FlagChanged:
        taken = InvalidInput(errors=[{"field": "key", "message": f"There is a segment “{key}” already."}])
        return _form(_typed(), is_new=True, problem=taken)
    except Problem as problem:
        return _form(_typed(), is_new=True, problem=problem)
    return done(url_for("flags.show_segment", key=key), toast=f"Segment {key} is made.")


@bp.get("/segments/<string:key>")
@allow("flags:write", installation=True)
def show_segment(key: str) -> Response:
    """Show a segment as a form, with the flags that name it."""
    one = reads.find_segment(key)
    values = {
        "key": one.key, "description": one.description, "version": one.version,
        "conditions": condition_fields(list(one.conditions)), "included": "\n".join(one.included),
        "excluded": "\n".join(one.excluded),
    }  # fmt: skip
    return _form(values)


@bp.post("/segments/<string:key>")
@allow("flags:write", installation=True)
@once
def update_segment(key: str) -> Response:
    """Change a segment, and with it every flag that names it."""
    one = reads.find_segment(key)
    try:
        with transaction(), savepoint():
            service.save_segment(key, read_fields(), reason=sent_reason(), version=sent_version())
    except Problem as problem:
        return _form({**_typed(), "key": key, "version": one.version}, problem=problem)
    return done(url_for("flags.show_segment", key=key), toast=f"Segment {key} is changed.")


@bp.get("/segments/<string:key>/archive")
@allow("flags:write", installation=True)
def ask_segment_archive(key: str) -> Response:
    """Ask before a segment is archived; while flags name it, say which."""
    return _archive_page(key)


@bp.post("/segments/<string:key>/archive")
@allow("flags:write", installation=True)
@once
def archive_segment(key: str) -> Response:
    """Archive a segment that no flag names."""
    if not sent_reason():
        return _archive_page(key, {"reason": "Write why it may go."}, UNPROCESSABLE)
    service.archive_segment(key, reason=sent_reason())
    return done(url_for("flags.list_segments"), toast=f"Segment {key} is archived.")


def read_fields() -> dict[str, Any]:
    """Return the fields of the form, by the names of the API."""
    form = request.form
    return {
        "description": form.get("description", "").strip()[:500],
        "conditions": read_conditions(typed_conditions(form, "segment")),
        "included": [line.strip() for line in form.get("included", "").splitlines() if line.strip()],
        "excluded": [line.strip() for line in form.get("excluded", "").splitlines() if line.strip()],
    }


def say_segment(one: SegmentDetail) -> str:
    """Return who is in a segment: `3 by name, or release is at least 2026.11.0`."""
    conditions = [say_condition(condition) for condition in conditions_from_json(list(one.conditions))]
    shown = " and ".join(conditions[:SHOWN_CONDITIONS])
    if len(conditions) > SHOWN_CONDITIONS:
        shown += f" and {plural(len(conditions) - SHOWN_CONDITIONS, 'more condition')}"
    named = f"{len(one.included):,} by name" if one.included else ""
    found = ", or ".join(part for part in (named, shown) if part) or "nobody"
    return f"{found}; without {len(one.excluded):,} by name" if one.excluded else found


def _typed() -> dict[str, Any]:
    """Return what was typed, to show it again."""
    return {**request.form, "conditions": typed_conditions(request.form, "segment")}


def _form(values: dict[str, Any], *, is_new: bool = False, problem: Problem | None = None) -> Response:
    key = values.get("key", "")
    action = url_for("flags.create_segment") if is_new else url_for("flags.update_segment", key=key)
    return page(
        "flags/segment.html", status=problem.status if problem else 200, is_new=is_new, values=values, action=action,
        errors=_errors_of(problem), operators=operators(), used_by=[] if is_new else users_of_segment(key),
    )  # fmt: skip


def _errors_of(problem: Problem | None) -> dict[str, str]:
    if problem is None:
        return {}
    if isinstance(problem, InvalidInput):
        return {one["field"]: one["message"] for one in problem.errors}
    if isinstance(problem, FlagChanged):
        return {
            "description": f"It was changed meanwhile and is now version {problem.current}. Yours is below; saving again puts it over."
        }
    return {"segment-0" if isinstance(problem, WrongSegment) else "included": problem.sentence}


def _archive_page(key: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    one = reads.find_segment(key)
    return page(
        "flags/segment_archive.html", status=status, key=key, version=one.version, used_by=users_of_segment(key),
        errors=errors or {}, here=url_for("flags.show_segment", key=key),
    )  # fmt: skip
