"""The company's rules; and for platform admins the list of companies and the way into one."""

from flask import Response, request, session, url_for

from app.accounts import gate, reads
from app.accounts.problems import SlugTaken
from app.accounts.schemas import CompanyChange, CompanyChoice, NewCompany
from app.accounts.service import companies as service
from app.accounts.service import sessions as session_service
from app.accounts.sessions import current_session
from app.accounts.views.blueprint import bp, field_errors, settings_tabs
from app.core.access import allow
from app.core.api import parse_form
from app.core.errors import InvalidInput, NotFound, NotSignedIn
from app.core.idempotency import once
from app.core.web import done, page, safe_next

SHOWN = 50
TYPES = [("retailer", "Retailer"), ("practice", "Practice"), ("lab", "Lab"), ("supplier", "Supplier")]


@bp.get("/settings/company")
@allow("company:read", browser_only=True)
def show_company() -> Response:
    """Show the company's rules."""
    return company_page()


@bp.post("/settings/company")
@allow("company:write", browser_only=True)
@once
def change_company() -> Response:
    """Change the company's rules."""
    try:
        form = parse_form(CompanyChange)
    except InvalidInput as problem:
        return company_page(status=422, errors=field_errors(problem))
    service.change_company(name=form.name, timezone=form.timezone, allow_backorder=form.allow_backorder)
    return done(url_for("accounts.show_company"), toast="The company's rules are saved.")


@bp.get("/settings/companies")
@allow("platform:read", any_company=True, browser_only=True)
def show_companies() -> Response:
    """List companies."""
    return companies_page()


@bp.post("/settings/companies")
@allow("platform:write", any_company=True, browser_only=True)
@once
def create_company() -> Response:
    """Make a company."""
    try:
        form = parse_form(NewCompany)
        service.create_company(**form.model_dump())
    except InvalidInput as problem:
        return companies_page(status=422, errors=field_errors(problem))
    except SlugTaken as problem:
        return companies_page(status=problem.status, errors={"slug": problem.sentence})
    return done(url_for("accounts.show_companies"), toast=f"{form.name} is made. Go inside and invite its first admin.")


@bp.post("/company")
@allow("platform:read", any_company=True, browser_only=True)
def choose_company() -> Response:
    """Act in another company, or in none. The session gets a new id."""
    form = parse_form(CompanyChoice)
    slug = form.company
    chosen = gate.find_company(slug) if slug else None
    if slug and chosen is None:
        raise NotFound
    mine = current_session()
    opened = None
    if mine.live is not None:
        opened = session_service.switch_company(mine.live, dict(session), chosen.id if chosen else None)
    if opened is None:
        raise NotSignedIn
    mine.begin(opened)
    return done(safe_next(form.next, "/"))


def company_page(*, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """Draw the rules."""
    row = reads.own_company()
    return page("accounts/company.html", status=status, errors=errors or {}, row=row, tabs=settings_tabs("company"))


def companies_page(*, status: int = 200, errors: dict[str, str] | None = None) -> Response:
    """Draw the list and the form."""
    q = request.args.get("q", "")
    rows, cursor = reads.list_companies(limit=SHOWN, after=request.args.get("after", ""), q=q)
    sent = {name: request.form.get(name, "") for name in ("slug", "name", "type", "currency", "timezone")}
    return page(
        "accounts/companies.html", status=status, errors=errors or {}, rows=rows, cursor=cursor, q=q, sent=sent, types=TYPES,
        tabs=settings_tabs("companies"),
    )  # fmt: skip
