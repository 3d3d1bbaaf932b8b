"""One's own settings: profile, ways of seeing, password, second factor."""

from io import BytesIO
from typing import Any

import segno
from flask import Response, request, session, url_for
from pydantic import ValidationError

from app.accounts.problems import SecondFactorNotBegun, WrongCode, WrongPassword
from app.accounts.schemas import CodeForm, PasswordChange, PasswordProof, Preferences, Profile
from app.accounts.service import passwords, people, second_factor
from app.accounts.service.home import at_home, own_row
from app.accounts.sessions import rekey_current
from app.accounts.views.blueprint import bp, field_errors, settings_tabs
from app.core.access import SELF, allow
from app.core.api import parse_form, problem_of
from app.core.auth import principal
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.web import done, is_partial, page, safe_next


@bp.get("/settings")
@allow(SELF, any_company=True, browser_only=True)
def show_settings() -> Response:
    """Show one's settings."""
    return settings_page()


@bp.post("/settings/profile")
@allow(SELF, any_company=True, browser_only=True)
@once
def change_profile() -> Response:
    """Change name and ways of seeing."""
    try:
        form = parse_form(Profile)
    except InvalidInput as problem:
        return settings_page(status=422, errors=field_errors(problem))
    people.change_profile(principal(), name=form.name, preferences=form.model_dump(exclude={"name"}))
    return done(url_for("accounts.show_settings"), toast="Your settings are saved.")


@bp.post("/settings/preferences")
@allow(SELF, any_company=True, browser_only=True)
def change_preferences() -> Response:
    """Change theme or density from the top bar; an empty value means the usual one."""
    sent = {name: request.form[name] for name in ("theme", "density") if name in request.form}
    try:
        chosen = Preferences.model_validate(sent)
    except ValidationError as error:
        raise problem_of(error) from None
    people.change_preferences(principal(), chosen.model_dump(exclude_none=True))
    if is_partial():
        return Response("", 204)
    return done(
        safe_next(request.referrer and request.referrer.removeprefix(request.host_url.rstrip("/")), "/settings")
    )


@bp.post("/settings/password")
@allow(SELF, any_company=True, browser_only=True)
def change_password() -> Response:
    """Set a new password; one's other sessions end."""
    try:
        form = parse_form(PasswordChange)
        passwords.change_password(principal(), current=form.current, new=form.new)
    except InvalidInput as problem:
        return settings_page(status=422, errors=field_errors(problem))
    except WrongPassword as problem:
        return settings_page(status=problem.status, errors={"current": problem.sentence})
    rekey_current()
    return done(url_for("accounts.show_settings"), toast="The new password is set. Your other browsers are signed out.")


@bp.post("/settings/second-factor")
@allow(SELF, any_company=True, browser_only=True)
def begin_second_factor() -> Response:
    """Begin to set up an authenticator."""
    session["totp"] = second_factor.new_secret()
    return done(url_for("accounts.show_second_factor"))


@bp.get("/settings/second-factor")
@allow(SELF, any_company=True, browser_only=True)
def show_second_factor() -> Response:
    """Show the picture an authenticator reads, and ask for its first code."""
    if "totp" not in session:
        return done(url_for("accounts.show_settings"))
    return unstored(page("accounts/second_factor.html", secret=session["totp"], errors={}))


@bp.get("/settings/second-factor/picture.svg")
@allow(SELF, any_company=True, browser_only=True)
def show_second_factor_picture() -> Response:
    """Draw the secret as a QR code; nothing outside this process sees it.

    Raises:
        SecondFactorNotBegun: There is nothing to draw.
    """
    secret = session.get("totp")
    if secret is None:
        raise SecondFactorNotBegun
    picture = segno.make(second_factor.enrolment_uri(secret, principal().email), error="m")
    drawn = BytesIO()
    picture.save(drawn, kind="svg", scale=5, border=4, dark="#000", light="#fff")
    return unstored(Response(drawn.getvalue(), mimetype="image/svg+xml"))


@bp.post("/settings/second-factor/confirmation")
@allow(SELF, any_company=True, browser_only=True)
def confirm_second_factor() -> Response:
    """Switch the second factor on; the page shows the recovery codes, once."""
    secret = session.get("totp")
    if secret is None:
        raise SecondFactorNotBegun
    try:
        codes = second_factor.switch_on(principal(), secret, parse_form(CodeForm).code)
    except InvalidInput as problem:
        return unstored(page("accounts/second_factor.html", status=422, secret=secret, errors=field_errors(problem)))
    except WrongCode as problem:
        errors = {"code": problem.sentence}
        return unstored(page("accounts/second_factor.html", status=problem.status, secret=secret, errors=errors))
    session.pop("totp")
    rekey_current(second_factor=True)
    return unstored(page("accounts/recovery_codes.html", codes=codes))


@bp.post("/settings/second-factor/removal")
@allow(SELF, any_company=True, browser_only=True)
def remove_second_factor() -> Response:
    """Switch the second factor off; wants the password."""
    try:
        second_factor.switch_off(principal(), parse_form(PasswordProof).password)
    except InvalidInput as problem:
        return settings_page(status=422, errors=field_errors(problem))
    except WrongPassword as problem:
        return settings_page(status=problem.status, errors={"proof": problem.sentence})
    rekey_current(second_factor=False)
    return done(url_for("accounts.show_settings"), toast="The second factor is off.")


def settings_page(*, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """Draw the settings."""
    who = principal()
    with at_home(who.home_company_id):
        row = own_row(who.user_id)
        shown: dict[str, Any] = {
            "name": row.name,
            "preferences": row.preferences,
            "has_second_factor": row.totp_secret is not None,
        }
    return page("accounts/settings.html", status=status, errors=errors or {}, tabs=settings_tabs("profile"), **shown)


def unstored(response: Response) -> Response:
    """Keep a page that shows a secret out of every cache."""
    response.headers["Cache-Control"] = "no-store"
    return response
