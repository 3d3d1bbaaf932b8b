"""Sessions: one's own, and for admins those of the company."""

from flask import Response, request, url_for

from app.accounts import reads
from app.accounts.problems import ReasonNeeded
from app.accounts.schemas import Reason
from app.accounts.service import sessions as service
from app.accounts.service.home import at_home
from app.accounts.views.blueprint import bp
from app.core.access import SELF, allow
from app.core.api import parse_form
from app.core.auth import principal
from app.core.idempotency import once
from app.core.present import plural
from app.core.web import done, page

SHOWN = 50


@bp.get("/sessions")
@allow(SELF, any_company=True, browser_only=True)
def show_sessions() -> Response:
    """List one's own sessions; below them the company's for those who may see them."""
    who, after = principal(), request.args.get("after", "")
    with at_home(who.home_company_id):
        own, _ = reads.list_sessions(limit=200, user_id=who.user_id)
    others, cursor = [], None
    if who.acting_in is not None and who.may("sessions:read"):
        rows, cursor = reads.list_company_sessions(limit=SHOWN, after=after, but_user=who.user_id)
        others = list(rows)
    return page("accounts/sessions.html", own=own, others=others, cursor=cursor, here=who.credential, after=after)


@bp.get("/sessions/<session_id>/revocation")
@allow(SELF, any_company=True, browser_only=True)
def ask_revocation(session_id: str) -> Response:
    """Ask for the reason, for pages without script."""
    return page("accounts/revoke_session.html", session_id=session_id, errors={})


@bp.post("/sessions/<session_id>/revocation")
@allow(SELF, any_company=True, browser_only=True)
@once
def revoke_session(session_id: str) -> Response:
    """End one session; somebody else's wants a reason."""
    try:
        service.revoke_session(principal(), session_id, reason=parse_form(Reason).reason)
    except ReasonNeeded as problem:
        errors = {"reason": problem.sentence}
        return page("accounts/revoke_session.html", status=problem.status, session_id=session_id, errors=errors)
    return done(url_for("accounts.show_sessions"), toast="The session is ended.")


@bp.post("/sessions/revocations")
@allow(SELF, any_company=True, browser_only=True)
@once
def revoke_other_sessions() -> Response:
    """End all one's sessions but this one."""
    count = service.revoke_others(principal())
    return done(url_for("accounts.show_sessions"), toast=f"{plural(count, 'other session')} ended.")
