"""Sessions, as JSON."""

from app.accounts import reads
from app.accounts.answers import RevokedOut, SessionList, SessionOut
from app.accounts.api.blueprint import bp
from app.accounts.problems import ReasonNeeded
from app.accounts.schemas import ReasonQuery, SessionQuery
from app.accounts.service import sessions as service
from app.accounts.service.home import at_home
from app.core.access import SELF
from app.core.api import contract
from app.core.auth import principal
from app.core.errors import Forbidden

TAG = "Sessions"


@bp.get("/sessions")
@contract(scope=SELF, query=SessionQuery, returns={200: SessionList}, tag=TAG, any_company=True)
def list_sessions(query: SessionQuery) -> SessionList:
    """List one's open sessions, or those of everyone in the company."""
    who = principal()
    if query.everyone:
        if not who.may("sessions:read"):
            raise Forbidden(permission="sessions:read")
        rows, after = reads.list_company_sessions(limit=query.limit, after=query.after)
    else:
        with at_home(who.home_company_id):
            rows, after = reads.list_sessions(limit=query.limit, after=query.after, user_id=who.user_id)
    items = [
        SessionOut.model_validate({**row._mapping, "is_current": row.id == who.credential})  # noqa: SLF001 (SQLAlchemy's public name)
        for row in rows
    ]
    return SessionList(items=items, next_cursor=after)


@bp.delete("/sessions")
@contract(scope=SELF, returns={200: RevokedOut}, tag=TAG, any_company=True)
def revoke_other_sessions() -> RevokedOut:
    """End all one's sessions but the one asking."""
    return RevokedOut(revoked=service.revoke_others(principal()))


@bp.delete("/sessions/<session_id>")
@contract(scope=SELF, query=ReasonQuery, returns={204: None}, problems=[ReasonNeeded], tag=TAG, any_company=True)
def revoke_session(session_id: str, query: ReasonQuery) -> None:
    """End one session; somebody else's wants a reason."""
    service.revoke_session(principal(), session_id, reason=query.reason)
