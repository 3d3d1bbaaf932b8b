"""People of the company: invite, give a role, send away, take back."""

from typing import Any

from flask import Response, request, url_for

from app.accounts import reads
from app.accounts.problems import CannotInvite, ReasonNeeded, RoleNotHere, TooManyInvitations
from app.accounts.schemas import NewInvitation, Reason, RoleChange
from app.accounts.service import invitations
from app.accounts.service import people as service
from app.accounts.views.blueprint import app_settings, bp, field_errors, settings_tabs
from app.core.access import Role, allow
from app.core.api import parse_form
from app.core.auth import company, principal
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.mail import mail_folder
from app.core.web import done, page

SHOWN = 100


@bp.get("/settings/users")
@allow("users:read", browser_only=True)
def show_people() -> Response:
    """List people and open invitations."""
    return people_page()


@bp.post("/invitations")
@allow("users:write", browser_only=True)
@once
def create_invitation() -> Response:
    """Ask somebody to join."""
    try:
        form = parse_form(NewInvitation)
        invitations.invite(principal(), email=form.email, role=form.role)
    except InvalidInput as problem:
        return people_page(status=422, errors=field_errors(problem))
    except (CannotInvite, RoleNotHere, TooManyInvitations) as problem:
        return people_page(status=problem.status, errors={"email": problem.sentence})
    return done(url_for("accounts.show_people"), toast=f"{form.email} is invited.")


@bp.post("/invitations/<invitation_id>/withdrawal")
@allow("users:write", browser_only=True)
@once
def withdraw_invitation(invitation_id: str) -> Response:
    """Take an open invitation back."""
    invitations.withdraw_invitation(invitation_id)
    return done(url_for("accounts.show_people"), toast="The invitation is withdrawn.")


@bp.post("/settings/users/<user_id>/role")
@allow("users:write", browser_only=True)
@once
def change_role(user_id: str) -> Response:
    """Give somebody another role."""
    row = service.change_role(principal(), user_id, parse_form(RoleChange).role)
    return done(url_for("accounts.show_people"), toast=f"{row.name} is {row.role.label} now.")


@bp.get("/settings/users/<user_id>/deactivation")
@allow("users:write", browser_only=True)
def ask_deactivation(user_id: str) -> Response:
    """Ask for the reason, for pages without script."""
    return page("accounts/deactivate.html", person=reads.find_person(user_id), errors={})


@bp.post("/settings/users/<user_id>/deactivation")
@allow("users:write", browser_only=True)
@once
def deactivate(user_id: str) -> Response:
    """Send somebody away."""
    try:
        row = service.deactivate(principal(), user_id, reason=parse_form(Reason).reason)
    except ReasonNeeded as problem:
        errors = {"reason": problem.sentence}
        return page("accounts/deactivate.html", status=problem.status, person=reads.find_person(user_id), errors=errors)
    undo = url_for("accounts.reactivate", user_id=user_id)
    return done(url_for("accounts.show_people"), toast=f"{row.name} may no longer come in.", undo=undo)


@bp.post("/settings/users/<user_id>/reactivation")
@allow("users:write", browser_only=True)
@once
def reactivate(user_id: str) -> Response:
    """Take somebody back."""
    row = service.reactivate(principal(), user_id)
    return done(url_for("accounts.show_people"), toast=f"{row.name} may come in again.")


def people_page(*, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """Draw the list and the invitation form."""
    rows, cursor = reads.list_people(limit=SHOWN, after=request.args.get("after", ""))
    invited, _ = reads.list_invitations(limit=SHOWN)
    sent: dict[str, Any] = {"email": request.form.get("email", ""), "role": request.form.get("role", Role.STAFF.value)}
    settings = app_settings()
    mails = None if settings.smtp_url else mail_folder(settings)
    return page(
        "accounts/people.html", status=status, errors=errors or {}, people=rows, cursor=cursor, invited=invited, sent=sent,
        roles=roles_here(), count=reads.count_people(), me=principal().public_id, mails=mails,
        tabs=settings_tabs("people"),
    )  # fmt: skip


def roles_here() -> list[tuple[str, str]]:
    """Return the roles there are in this company."""
    is_platform = company().slug == "platform"
    roles = [Role.PLATFORM_ADMIN] if is_platform else [Role.COMPANY_ADMIN, Role.STAFF, Role.VIEWER]
    return [(role.value, role.label.capitalize()) for role in roles]
