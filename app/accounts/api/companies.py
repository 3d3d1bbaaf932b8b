"""Companies, as JSON."""

from app.accounts import reads
from app.accounts.answers import CompanyList, CompanyOut, CompanyRulesOut
from app.accounts.api.blueprint import bp
from app.accounts.problems import SlugTaken
from app.accounts.schemas import CompanyChange, CompanyQuery, NewCompany
from app.accounts.service import companies as service
from app.core import clock
from app.core.api import contract

TAG = "Companies"


@bp.get("/company")
@contract(scope="company:read", returns={200: CompanyRulesOut}, tag=TAG)
def show_company() -> CompanyRulesOut:
    """Show the company one acts in, and its rules."""
    return rules(reads.own_company())


@bp.put("/company")
@contract(scope="company:write", body=CompanyChange, returns={200: CompanyRulesOut}, tag=TAG)
def change_company(body: CompanyChange) -> CompanyRulesOut:
    """Change the name and rules of the company one acts in."""
    return rules(service.change_company(name=body.name, timezone=body.timezone, allow_backorder=body.allow_backorder))


@bp.get("/companies")
@contract(scope="platform:read", query=CompanyQuery, returns={200: CompanyList}, tag=TAG, any_company=True)
def list_companies(query: CompanyQuery) -> CompanyList:
    """List companies by short name."""
    rows, after = reads.list_companies(limit=query.limit, after=query.after, q=query.q)
    return CompanyList(items=[CompanyOut.model_validate(row) for row in rows], next_cursor=after)


@bp.post("/companies")
@contract(
    scope="platform:write", body=NewCompany, returns={201: CompanyOut}, problems=[SlugTaken], tag=TAG, any_company=True
)
def create_company(body: NewCompany) -> tuple[CompanyOut, int]:
    """Make a company."""
    service.create_company(**body.model_dump())
    return CompanyOut(**body.model_dump(), created_at=clock.now()), 201


def rules(company: service.Company) -> CompanyRulesOut:
    """Return a company with its rules as the API names them."""
    return CompanyRulesOut(
        slug=company.slug, name=company.name, type=company.type, currency=company.currency, timezone=company.timezone,
        allow_backorder=bool(company.settings.get("allow_backorder")),
    )  # fmt: skip
