"""API tokens: a list, a form, and the one page that shows a new one."""

from flask import Response, request, url_for
from pydantic import ValidationError

from app.accounts import reads
from app.accounts.problems import ReasonNeeded, ScopeTooWide, UnknownScope
from app.accounts.schemas import NewToken, Reason
from app.accounts.service import tokens as service
from app.accounts.service.home import at_home
from app.accounts.views.blueprint import bp, field_errors, settings_tabs
from app.core import clock
from app.core.access import allow
from app.core.api import problem_of
from app.core.auth import principal
from app.core.errors import InvalidInput
from app.core.idempotency import once
from app.core.web import done, page

SHOWN = 50


@bp.get("/settings/tokens")
@allow("tokens:read", any_company=True, browser_only=True)
def show_tokens() -> Response:
    """List one's own tokens and those of the company."""
    return tokens_page()


@bp.post("/settings/tokens")
@allow("tokens:write", any_company=True, browser_only=True)
def create_token() -> Response:
    """Make a token. Its secret stands on the answer and nowhere else, so a repeated form makes another."""
    try:
        form = read_form()
        row, secret = service.create_own_token(
            principal(), name=form.name, scopes=form.scopes, limit_per_min=form.limit_per_min,
            expires_at=clock.days_from_now(form.expires_in_days),
        )  # fmt: skip
    except InvalidInput as problem:
        return tokens_page(status=422, errors=field_errors(problem))
    except (ScopeTooWide, UnknownScope) as problem:
        return tokens_page(status=problem.status, errors={"scopes": problem.sentence})
    response = page("accounts/token_created.html", token=row, secret=secret)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/settings/tokens/<token_id>/revocation")
@allow("tokens:write", any_company=True, browser_only=True)
def ask_token_revocation(token_id: str) -> Response:
    """Ask for the reason, for pages without script."""
    return page("accounts/revoke_token.html", token_id=token_id, errors={})


@bp.post("/settings/tokens/<token_id>/revocation")
@allow("tokens:write", any_company=True, browser_only=True)
@once
def revoke_token(token_id: str) -> Response:
    """Revoke a token; somebody else's wants a reason."""
    reason = Reason.model_validate({"reason": request.form.get("reason", "")[:200]}).reason
    try:
        service.revoke_token(principal(), token_id, reason=reason)
    except ReasonNeeded as problem:
        errors = {"reason": problem.sentence}
        return page("accounts/revoke_token.html", status=problem.status, token_id=token_id, errors=errors)
    return done(url_for("accounts.show_tokens"), toast="The token is revoked.")


def read_form() -> NewToken:
    """Return the form; ticked scopes come as several values of one name, none ticked means all."""
    sent = request.form
    values: dict[str, object] = {
        name: sent[name] for name in ("name", "limit_per_min", "expires_in_days") if sent.get(name)
    }
    if sent.getlist("scopes"):
        values["scopes"] = sent.getlist("scopes")
    try:
        return NewToken.model_validate(values)
    except ValidationError as error:
        raise problem_of(error) from None


def tokens_page(*, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """Draw the list and the form."""
    who, after = principal(), request.args.get("after", "")
    with at_home(who.home_company_id):
        own, _ = reads.list_tokens(limit=200, user_id=who.user_id)
    others, cursor = [], None
    if who.acting_in is not None:
        rows, cursor = reads.list_tokens(limit=SHOWN, after=after)
        mine = {row.id for row in own}
        others = [row for row in rows if row.id not in mine]
    return page(
        "accounts/tokens.html", status=status, errors=errors or {}, own=own, others=others, cursor=cursor,
        scopes=sorted(who.permissions), tabs=settings_tabs("tokens"),
    )  # fmt: skip
