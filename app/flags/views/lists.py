"""The allow and the block list of a flag: who is on it, add one, paste many, take one off."""

from typing import Any, cast

from flask import Response, request

from app.core.access import allow
from app.core.errors import InvalidInput, NotFound, Problem
from app.core.idempotency import once
from app.core.present import plural
from app.core.web import page
from app.flags import reads, service
from app.flags.engine.model import Scope
from app.flags.service.lists import ListName
from app.flags.views.acts import said
from app.flags.views.asking import sent_reason
from app.flags.views.blueprint import bp
from app.flags.views.places import place_asked
from app.flags.views.reach import known_companies, names_of
from app.flags.views.sheet import Sheet, sheet_of
from app.flags.views.why import find_company
from app.flags.views.wording import units

ADD = {"allow": service.allow, "block": service.block}
HINTS = {
    Scope.COMPANY: "A company’s short name or name; a script may name companies that are not known here",
    Scope.USER: "E-mail or id; a script may name people who are not known here",
    Scope.GLOBAL: "A targeting key, as those who ask send it",
}


@bp.get("/<string:key>/lists/<string:list>")
@allow("flags:write", installation=True)
def show_list(key: str, list: str) -> Response:  # noqa: A002 (the address calls it so)
    """Show one page of a list."""
    return _show(sheet_of(key, place_asked()), list_named(list))


@bp.post("/<string:key>/lists/<string:list>")
@allow("flags:write", installation=True)
@once
def add_target(key: str, list: str) -> Response:  # noqa: A002
    """Put one on the list; whoever stood on the other one leaves it."""
    sheet, name = sheet_of(key, place_asked()), list_named(list)
    target, called = read_target(sheet, request.form.get("target", ""))
    try:
        one = ADD[name](key, target, environment=sheet.place.environment, reason=sent_reason())
    except Problem as problem:
        return _show(sheet, name, {"target": problem.sentence}, problem.status)
    toast = f"{called} is on the {name} list of {key}."
    return said(sheet.one, one, toast, sheet.place.of("show_list", key=key, list=name))


@bp.post("/<string:key>/lists/<string:list>/removal")
@allow("flags:write", installation=True)
@once
def remove_target(key: str, list: str) -> Response:  # noqa: A002
    """Take one off the list."""
    sheet, name = sheet_of(key, place_asked()), list_named(list)
    target = request.form.get("target", "")
    one = service.remove_from_list(
        key, name, target, environment=sheet.place.environment, reason=sent_reason()
    )  # fmt: skip
    called = names_of(sheet.setup.scope, [target]).get(target, target)
    toast = f"{called} is off the {name} list of {key}."
    return said(sheet.one, one, toast, sheet.place.of("show_list", key=key, list=name))


@bp.post("/<string:key>/lists/<string:list>/targets")
@allow("flags:write", installation=True)
@once
def replace_targets(key: str, list: str) -> Response:  # noqa: A002
    """Add many at once, or make them the whole list."""
    sheet, name = sheet_of(key, place_asked()), list_named(list)
    targets = [line.strip() for line in request.form.get("targets", "").splitlines() if line.strip()]
    environment, reason = sheet.place.environment, sent_reason()
    try:
        if request.form.get("how") == "replace":
            one = service.replace_list(key, name, targets, environment=environment, reason=reason)
        elif targets:
            one = ADD[name](key, *targets, environment=environment, reason=reason)
        else:
            raise InvalidInput(errors=[{"field": "targets", "message": "Write one a line."}])
    except InvalidInput as problem:
        return _show(sheet, name, {one["field"]: one["message"] for one in problem.errors}, problem.status)
    except Problem as problem:
        return _show(sheet, name, {"targets": problem.sentence}, problem.status)
    many = one.allowed if name == "allow" else one.blocked
    toast = f"{plural(many, 'entry', 'entries')} on the {name} list of {key}."
    return said(sheet.one, one, toast, sheet.place.of("show_list", key=key, list=name))


def list_named(name: str) -> ListName:
    """Return one of the two lists.

    Raises:
        NotFound: There is no such list.
    """
    if name not in ADD:
        raise NotFound
    return cast("ListName", name)


def read_target(sheet: Sheet, text: str) -> tuple[str, str]:
    """Return the id of whoever was typed, and what people call them; an unknown one is taken as it is."""
    from app.accounts import reads as accounts

    text = text.strip()
    if sheet.setup.scope is Scope.COMPANY and text:
        return find_company(text)
    if sheet.setup.scope is Scope.USER and (person := accounts.find_anybody(text)):
        return person.id, person.name
    return text, text


def _show(sheet: Sheet, name: ListName, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    one, scope, after = sheet.one, sheet.setup.scope, request.args.get("after")
    found = reads.list_targets(one.key, one.environment, name, after)
    names = names_of(scope, [row.target for row in found.items])
    rows: list[dict[str, Any]] = [
        {"target": row.target, "name": names.get(row.target), "added_at": row.added_at} for row in found.items
    ]
    return page(
        "flags/list.html", status=status, list=name, rows=rows, next_cursor=found.next_cursor, after=after,
        total=one.allowed if name == "allow" else one.blocked, units=lambda n: units(scope, n), errors=errors or {},
        typed=request.form if status != 200 else {}, target_hint=HINTS[scope],  # noqa: PLR2004
        companies=known_companies() if scope is Scope.COMPANY else [], **sheet.frame("show_list", list=name),
    )  # fmt: skip
