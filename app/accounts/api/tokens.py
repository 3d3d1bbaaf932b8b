"""API tokens, as JSON."""

from app.accounts import reads
from app.accounts.answers import TokenCreatedOut, TokenList, TokenOut
from app.accounts.api.blueprint import bp
from app.accounts.problems import ReasonNeeded, ScopeTooWide, UnknownScope
from app.accounts.schemas import NewToken, Paging, ReasonQuery
from app.accounts.service import tokens as service
from app.accounts.service.home import at_home
from app.core import clock
from app.core.api import contract
from app.core.auth import principal

TAG = "Tokens"


@bp.get("/tokens")
@contract(scope="tokens:read", query=Paging, returns={200: TokenList}, tag=TAG, any_company=True)
def list_tokens(query: Paging) -> TokenList:
    """List the company's tokens in force, newest first; a platform admin's own when no company is chosen."""
    who = principal()
    if who.acting_in is None:
        with at_home(who.home_company_id):
            rows, after = reads.list_tokens(limit=query.limit, after=query.after, user_id=who.user_id)
    else:
        rows, after = reads.list_tokens(limit=query.limit, after=query.after)
    return TokenList(items=[TokenOut.model_validate(row) for row in rows], next_cursor=after)


@bp.post("/tokens")
@contract(
    scope="tokens:write", body=NewToken, returns={201: TokenCreatedOut}, problems=[UnknownScope, ScopeTooWide], tag=TAG,
    any_company=True, secret=True,
)  # fmt: skip
def create_token(body: NewToken) -> tuple[TokenCreatedOut, int]:
    """Make a token of one's own. The answer holds it, once."""
    who = principal()
    row, secret = service.create_own_token(
        who, name=body.name, scopes=body.scopes, limit_per_min=body.limit_per_min,
        expires_at=clock.days_from_now(body.expires_in_days),
    )  # fmt: skip
    made = TokenCreatedOut(
        id=row.id, name=row.name, prefix=row.prefix, email=who.email, scopes=row.scopes, limit_per_min=row.limit_per_min,
        created_at=row.created_at, last_used_at=None, expires_at=row.expires_at, token=secret,
    )  # fmt: skip
    return made, 201


@bp.delete("/tokens/<token_id>")
@contract(
    scope="tokens:write", query=ReasonQuery, returns={204: None}, problems=[ReasonNeeded], tag=TAG, any_company=True
)
def revoke_token(token_id: str, query: ReasonQuery) -> None:
    """Revoke a token; somebody else's wants a reason."""
    service.revoke_token(principal(), token_id, reason=query.reason)
