"""Names of rooms, made from what the server knows and never from what a client says."""

from app.core.access import Role
from app.core.events_log import Key
from app.core.ids import CompanyId

EVERYONE = "everyone"


def page_room(key: Key) -> str:
    """Pages that get rendered rows of one topic."""
    return f"page:{key[0]}:{key[1]}"


def event_room(key: Key) -> str:
    """Scripts that get the facts of one topic."""
    return f"events:{key[0]}:{key[1]}"


def user_room(company_id: CompanyId, user_id: int) -> str:
    """Everything one person has open in one company."""
    return f"user:{company_id}:{user_id}"


def role_room(company_id: CompanyId, role: Role | str) -> str:
    """Everybody of one role in one company."""
    return f"role:{company_id}:{role}"


def company_room(company_id: CompanyId) -> str:
    """Everybody of one company."""
    return f"company:{company_id}"
