"""What is done to a flag with one click: its switch, taking a change back, archiving."""

from flask import Response, request, url_for

from app.core.access import allow
from app.core.idempotency import once
from app.core.web import done, page, safe_next
from app.flags import reads, service
from app.flags.problems import FlagInUse
from app.flags.reads import FlagDetail
from app.flags.service.definitions import users_of
from app.flags.views.asking import CONFLICT, sent_reason
from app.flags.views.blueprint import bp
from app.flags.views.detail import would_say
from app.flags.views.places import Place, place_asked
from app.flags.views.sheet import sheet_of

UNPROCESSABLE = 422


@bp.get("/<string:key>/switch")
@allow("flags:write", installation=True)
def ask_switch(key: str) -> Response:
    """Ask before a flag is switched, with room for a reason."""
    sheet = sheet_of(key, place_asked())
    return page("flags/switch.html", **sheet.frame(), **would_say(sheet))


@bp.post("/<string:key>/switch")
@allow("flags:write", installation=True)
@once
def update_switch(key: str) -> Response:
    """Switch a flag off at once, or on; on in production, and whatever shuts people out, only after the question."""
    place = place_asked()
    is_on = request.form.get("on") == "1"
    asks = (is_on and place.is_careful) or place.closes(key, is_on=is_on)
    if asks and not request.form.get("confirmed"):
        sheet = sheet_of(key, place)
        if sheet.one.is_enabled is not is_on:
            return page("flags/switch.html", status=CONFLICT, **sheet.frame(), **would_say(sheet))
    act = service.enable if is_on else service.disable
    before = reads.find_flag(key, place.environment)
    one = act(key, environment=place.environment, reason=sent_reason())
    toast = f"{key} is {'on' if is_on else 'off'} in {place.environment}."
    return said(before, one, toast, came_from(place.of("show_flag", key=key)))


@bp.post("/<string:key>/versions/<string:version_id>/revert")
@allow("flags:write", installation=True)
@once
def revert_version(key: str, version_id: str) -> Response:
    """Take one change back."""
    one = service.revert(version_id, key=key, reason=sent_reason())
    if one.archived_at is not None:
        return done(url_for("flags.list_flags"), toast=f"{key} is archived again.")
    return done(came_from(place_asked().of("show_flag", key=key)), toast=f"That change of {key} is taken back.")


@bp.get("/<string:key>/archive")
@allow("flags:write", installation=True)
def ask_archive(key: str) -> Response:
    """Ask before a flag is archived, and for the reason."""
    return _archive_page(key)


@bp.post("/<string:key>/archive")
@allow("flags:write", installation=True)
@once
def archive_flag(key: str) -> Response:
    """Archive a flag; the reason is part of it."""
    if not sent_reason():
        return _archive_page(key, {"reason": "Write why it may go: whoever looks for it reads this."}, UNPROCESSABLE)
    one = service.archive_flag(key, reason=sent_reason())
    return done(url_for("flags.list_flags"), toast=f"{key} is archived.", undo=undo_of(one))


def said(before: FlagDetail, one: FlagDetail, toast: str, location: str) -> Response:
    """Answer an act: what happened and how to undo it, or that nothing did."""
    if before.version == one.version:
        return done(location, toast=f"{one.key} was so already.")
    return done(location, toast=toast, undo=undo_of(one))


def undo_of(one: FlagDetail) -> str | None:
    """Return where the newest change of a flag is taken back."""
    newest = reads.list_versions(one.key, None, 1).items
    return Place(one.environment).of("revert_version", key=one.key, version_id=newest[0].id) if newest else None


def came_from(default: str) -> str:
    """Return the page of flags that this form stood on, so that a switch in the list leads back to the list."""
    path, _, query = (request.referrer or "").partition(request.host_url.rstrip("/"))[2].partition("?")
    if path != url_for("flags.list_flags"):
        return default
    return safe_next(f"{path}?{query}" if query else path, default)


def _archive_page(key: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    sheet = sheet_of(key, place_asked())
    one = sheet.one
    if users := users_of(key):
        raise FlagInUse(key=key, users=", ".join(users))
    asked = (
        f"Last asked {one.last_asked_at:%-d %B %Y}, by {one.last_asked_by}."
        if one.last_asked_at
        else "Nobody has asked it yet."
    )
    return page("flags/archive.html", status=status, lines=[asked], errors=errors or {}, **sheet.frame())
