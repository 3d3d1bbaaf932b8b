"""The door: sign-in, the second step, sign-out."""

import time
from typing import Any

from flask import Response, redirect, request, session, url_for

from app.accounts import gate
from app.accounts.gate import Person
from app.accounts.problems import SignInsOff, WrongCode, WrongCredentials
from app.accounts.schemas import CodeForm, LoginForm
from app.accounts.service import sessions as session_service
from app.accounts.service import sign_in as service
from app.accounts.service.opening import are_sign_ins_on
from app.accounts.session_store import open_session
from app.accounts.sessions import current_session, fresh_data
from app.accounts.views.blueprint import app_settings, bp, browser, field_errors, retry_later
from app.core.access import PUBLIC, allow
from app.core.api import parse_form
from app.core.auth import maybe_principal
from app.core.errors import InvalidInput, Problem, TooManyRequests
from app.core.web import done, page, safe_next

PENDING_S = 600
ENDED = {
    "revoked": "This session was ended. Sign in again.",
    "expired": "You were signed out because the session had reached its age. Sign in again.",
    "idle": "You were signed out after a long time without a click. Sign in again.",
    "inactive": "This account is closed. Ask an admin of your company.",
}


@bp.get("/login")
@allow(PUBLIC)
def show_login() -> Response:
    """Show the door, or go on when one is inside already."""
    target = safe_next(request.args.get("next"), "/")
    if maybe_principal() is not None:
        return redirect(target, 303)  # type: ignore[return-value]
    ended = session.pop("ended", None)
    notice = None if are_sign_ins_on() else SignInsOff().sentence
    return login_page({"next": target}, notice=notice or ENDED.get(str(ended)))


@bp.post("/login")
@allow(PUBLIC)
def create_session() -> Response:
    """Sign in, or go on to the second step."""
    sent = {"email": request.form.get("email", ""), "next": safe_next(request.form.get("next"), "/")}
    try:
        form = parse_form(LoginForm)
        person = service.check_credentials(form.email, form.password, ip=browser().ip)
    except InvalidInput as problem:
        return login_page(sent, status=422, errors=field_errors(problem))
    except (WrongCredentials, TooManyRequests) as problem:
        return login_page(sent, status=problem.status, errors={"password": problem.sentence}, problem=problem)
    except SignInsOff as problem:
        return login_page(sent, status=problem.status, notice=problem.sentence)
    target = sent["next"]
    if person.has_second_factor:
        session["pending"] = {"email": person.email, "at": int(time.time()), "next": target, "keep": form.keep}
        return redirect(url_for("accounts.show_code"), 303)  # type: ignore[return-value]
    return enter(person, target, keep=form.keep)


@bp.get("/login/code")
@allow(PUBLIC)
def show_code() -> Response:
    """Ask for the second factor."""
    if pending() is None:
        return redirect(url_for("accounts.show_login"), 303)  # type: ignore[return-value]
    return page("accounts/code.html", errors={})


@bp.post("/login/code")
@allow(PUBLIC)
def create_session_with_code() -> Response:
    """Sign in with the code."""
    waiting = pending()
    person = gate.find_user(waiting["email"]) if waiting else None
    if waiting is None or person is None or not person.is_active:
        return redirect(url_for("accounts.show_login"), 303)  # type: ignore[return-value]
    try:
        service.check_code(person, parse_form(CodeForm).code, ip=browser().ip)
    except InvalidInput as problem:
        return page("accounts/code.html", status=422, errors=field_errors(problem))
    except (WrongCode, TooManyRequests) as problem:
        return retry_later(
            page("accounts/code.html", status=problem.status, errors={"code": problem.sentence}), problem
        )
    return enter(person, waiting["next"], keep=waiting["keep"], second_factor=True)


@bp.post("/logout")
@allow(PUBLIC)
def delete_session() -> Response:
    """Sign out. Twice is as good as once."""
    mine = current_session()
    if mine.live is not None:
        session_service.sign_out(mine.live)
    mine.end()
    return done(url_for("accounts.show_login"))


def enter(person: Person, target: str, *, keep: bool, second_factor: bool = False) -> Response:
    """Open a session with a new id and go where the person wanted to."""
    mine = current_session()
    if mine.live is not None:
        session_service.sign_out(mine.live)
    opened = open_session(person, browser(), app_settings(), data=fresh_data(keep=keep), second_factor=second_factor)
    mine.begin(opened)
    return done(target)


def pending() -> dict[str, Any] | None:
    """Return who has proven a password and still owes a code, for ten minutes."""
    waiting: dict[str, Any] | None = session.get("pending")
    return waiting if waiting is not None and time.time() - waiting["at"] < PENDING_S else None


def login_page(
    sent: dict[str, str], *, status: int = 200, errors: dict[str, str] | None = None, notice: str | None = None,
    problem: Problem | None = None,
) -> Response:  # fmt: skip
    """Draw the sign-in page."""
    response = page("accounts/login.html", status=status, sent=sent, errors=errors or {}, notice=notice)
    return retry_later(response, problem)
