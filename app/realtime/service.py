"""Acts on the live layer: tell everybody something, close a connection."""

from typing import Any

from app.core.access import Role
from app.core.db import transaction
from app.core.errors import NotFound
from app.core.outbox import record
from app.core.tenancy import current_company_id
from app.realtime.events import MaintenanceAnnounced, NoticePosted, SocketClosed


def announce_maintenance(text: str, minutes: int) -> None:
    """Tell everybody of every company about planned work; acts inside the platform's company."""
    with transaction():
        record(MaintenanceAnnounced(text=text, minutes=minutes))


def post_notice(text: str, role: Role | None = None) -> None:
    """Tell everybody of this company, or of one role in it."""
    with transaction():
        record(NoticePosted(text=text, audience_role=role))


def close_socket(socket_id: str, connections: list[dict[str, Any]]) -> None:
    """Close a connection of this company, in whichever process it is.

    Raises:
        NotFound: There is none, or it belongs to another company.
    """
    found = next((c for c in connections if c["id"] == socket_id and c["companyId"] == current_company_id()), None)
    if found is None:
        raise NotFound
    with transaction():
        record(SocketClosed(socket=socket_id, user=found["user"]))
