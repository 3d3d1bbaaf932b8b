"""What a flag is: a new one, and the definition of one that is there."""

from typing import Any

from flask import Response, request, url_for

from app.core.access import allow
from app.core.db import transaction
from app.core.errors import InvalidInput, Problem
from app.core.idempotency import once
from app.core.outbox import savepoint
from app.core.web import done, page
from app.flags import service
from app.flags.engine.model import FlagType, Scope
from app.flags.problems import FlagChanged, FlagTaken, UnknownVariant, WrongVariants
from app.flags.reads import FlagDetail
from app.flags.views.acts import said
from app.flags.views.asking import sent_reason, sent_version, show_conflict
from app.flags.views.blueprint import bp
from app.flags.views.places import place_asked
from app.flags.views.sheet import sheet_of
from app.flags.views.wording import read_value, value_text

MAX_TAGS = 20
JSON = dict[str, Any]


@bp.get("/new")
@allow("flags:write", installation=True)
def new_flag() -> Response:
    """Show the form of a new flag."""
    return _form({"scope": "company", "type": "boolean", "on_variant": "on", "off_variant": "off"}, is_new=True)


@bp.post("")
@allow("flags:write", installation=True)
@once
def create_flag() -> Response:
    """Make a flag, switched off everywhere."""
    key = request.form.get("key", "").strip()
    try:
        fields = read_definition() | {"scope": read_scope(), "type": read_type()}
        with transaction(), savepoint():
            service.create_flag(key, fields, reason=sent_reason())
    except Problem as problem:
        return _form(dict(request.form), is_new=True, problem=problem)
    return done(url_for("flags.show_flag", key=key), toast=f"{key} is made, and off everywhere.")


@bp.get("/<string:key>/definition")
@allow("flags:write", installation=True)
def edit_definition(key: str) -> Response:
    """Show what a flag is as a form."""
    one = sheet_of(key, place_asked()).one
    return _form(_values_of(one), one=one)


@bp.post("/<string:key>/definition")
@allow("flags:write", installation=True)
@once
def update_definition(key: str) -> Response:
    """Change what a flag is, in every environment."""
    place = place_asked()
    one = sheet_of(key, place).one
    fields = read_definition(one.type)
    if one.is_builtin:
        fields = {name: value for name, value in fields.items() if name not in {"variants", "onVariant", "offVariant"}}
    try:
        with transaction(), savepoint():
            after = service.edit_flag(
                key, fields, environment=place.environment, reason=sent_reason(), version=sent_version()
            )  # fmt: skip
    except FlagChanged as problem:
        return show_conflict(sheet_of(key, place), problem, place.of("edit_definition", key=key))
    except Problem as problem:
        return _form({**_values_of(one), **request.form}, one=one, problem=problem)
    return said(one, after, f"The definition of {key} is changed.", place.of("show_flag", key=key))


def read_definition(kind: str | None = None) -> JSON:
    """Return the fields of the form, by the names of the API."""
    form = request.form
    fields: JSON = {
        "description": form.get("description", "").strip()[:500],
        "owner": form.get("owner", "").strip()[:100],
        "tags": list(dict.fromkeys(tag.strip()[:50] for tag in form.get("tags", "").split(",") if tag.strip()))[
            :MAX_TAGS
        ],
        "isPermanent": form.get("permanent") == "1",
    }
    variants = read_variants(form.get("variants", ""), kind or read_type())
    if variants:
        fields["variants"] = variants
    if variants or (kind or read_type()) == FlagType.BOOLEAN:
        fields["onVariant"] = form.get("on_variant", "").strip() or "on"
        fields["offVariant"] = form.get("off_variant", "off").strip() or None
    return fields


def read_variants(text: str, kind: str) -> JSON:
    """Return `name = value` lines; a text flag takes the value as it is written."""
    found: JSON = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if name.strip():
            plain = value.strip()
            is_plain = kind == FlagType.STRING and not plain.startswith('"')
            found[name.strip()] = plain if is_plain else read_value(plain)
    return found


def read_type() -> str:
    """Return the type of the form, on or off when it names none that exists."""
    kind = request.form.get("type", "")
    return kind if kind in set(FlagType) else FlagType.BOOLEAN.value


def read_scope() -> str:
    """Return what the flag is decided by."""
    scope = request.form.get("scope", "")
    return scope if scope in set(Scope) else Scope.COMPANY.value


def _values_of(one: FlagDetail) -> JSON:
    lines = [f"{name} = {value_text(value)}" for name, value in one.variants.items()]
    return {
        "key": one.key, "description": one.description, "owner": one.owner, "tags": ", ".join(one.tags),
        "permanent": one.is_permanent, "variants": "\n".join(lines), "on_variant": one.on_variant,
        "off_variant": one.off_variant or "", "version": one.version,
    }  # fmt: skip


def _form(
    values: JSON, *, is_new: bool = False, one: FlagDetail | None = None, problem: Problem | None = None
) -> Response:
    place = place_asked()
    key = one.key if one else ""
    action = url_for("flags.create_flag") if is_new else place.of("update_definition", key=key)
    return page(
        "flags/definition.html", status=problem.status if problem else 200, is_new=is_new, values=values,
        errors=_errors_of(problem), action=action, here=place.of("show_flag", key=key) if key else "",
        is_builtin=one is not None and one.is_builtin,
    )  # fmt: skip


def _errors_of(problem: Problem | None) -> dict[str, str]:
    """Return each mistake beside the field it is about."""
    if problem is None:
        return {}
    if isinstance(problem, InvalidInput):
        return {one["field"]: one["message"] for one in problem.errors}
    if isinstance(problem, FlagTaken):
        return {"key": problem.sentence}
    return {"variants" if isinstance(problem, WrongVariants | UnknownVariant) else "description": problem.sentence}
