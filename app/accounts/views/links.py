"""Pages behind mailed links: forgotten password, new password, invitation."""

from flask import Response, url_for

from app.accounts import gate
from app.accounts.problems import EmailTaken, LinkExpired, TooManyResets
from app.accounts.schemas import Acceptance, NewPasswordForm, ResetRequest
from app.accounts.service import invitations, passwords
from app.accounts.views.blueprint import bp, browser, field_errors, retry_later
from app.core.access import PUBLIC, Role, allow
from app.core.api import parse_form
from app.core.errors import InvalidInput
from app.core.web import done, page
from app.limits.service import check


@bp.get("/password/forgot")
@allow(PUBLIC)
def show_forgotten() -> Response:
    """Ask whose password is forgotten."""
    return page("accounts/forgot.html", errors={}, email="")


@bp.post("/password/forgot")
@allow(PUBLIC)
def create_reset() -> Response:
    """Have a link mailed; the answer never says whether there is such an account."""
    try:
        form = parse_form(ResetRequest)
    except InvalidInput as problem:
        return page("accounts/forgot.html", status=422, errors=field_errors(problem), email="")
    try:
        check("auth_ip", f"reset:{browser().ip}", problem=TooManyResets)
    except TooManyResets as problem:
        return retry_later(
            page("accounts/forgot.html", status=429, errors={"email": problem.sentence}, email=form.email), problem
        )
    passwords.request_reset(form.email)
    return page("accounts/forgot_sent.html", email=form.email)


@bp.get("/password/reset/<secret>")
@allow(PUBLIC)
def show_reset(secret: str) -> Response:
    """Ask for the new password.

    Raises:
        LinkExpired: The link is used up or too old.
    """
    found = gate.find_reset(secret)
    if found is None:
        raise LinkExpired
    return unstored(page("accounts/reset.html", errors={}, secret=secret, email=found[1].email))


@bp.post("/password/reset/<secret>")
@allow(PUBLIC)
def create_password(secret: str) -> Response:
    """Set the new password; all sessions of the account end."""
    found = gate.find_reset(secret)
    if found is None:
        raise LinkExpired
    try:
        form = parse_form(NewPasswordForm)
    except InvalidInput as problem:
        errors = field_errors(problem)
        return unstored(page("accounts/reset.html", status=422, errors=errors, secret=secret, email=found[1].email))
    passwords.reset_password(secret, form.password)
    return done(url_for("accounts.show_login"), toast="The new password is set. Sign in with it.")


@bp.get("/invitations/<secret>")
@allow(PUBLIC)
def show_invitation(secret: str) -> Response:
    """Ask the invited person for their name and a password.

    Raises:
        LinkExpired: The link is used up, withdrawn or too old.
    """
    return invitation_page(secret)


@bp.post("/invitations/<secret>")
@allow(PUBLIC)
def accept_invitation(secret: str) -> Response:
    """Make the account."""
    try:
        form = parse_form(Acceptance)
        invitations.accept_invitation(secret, name=form.name, password=form.password)
    except InvalidInput as problem:
        return invitation_page(secret, status=422, errors=field_errors(problem))
    except EmailTaken as problem:
        return invitation_page(secret, status=problem.status, errors={"name": problem.sentence})
    return done(url_for("accounts.show_login"), toast="Your account is ready. Sign in.")


def invitation_page(secret: str, *, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """Draw the page of an open invitation."""
    found = gate.find_invitation(secret)
    if found is None:
        raise LinkExpired
    return unstored(
        page(
            "accounts/invitation.html", status=status, errors=errors or {}, secret=secret, email=found["email"],
            role=Role(found["role"]).label, company=gate.company_of(found["company"]),
        )
    )  # fmt: skip


def unstored(response: Response) -> Response:
    """Keep a page whose address is a secret out of every cache and every Referer."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
