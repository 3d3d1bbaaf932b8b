"""What this feature says happened."""

from app.core.access import Role
from app.core.outbox import Fact


class MaintenanceAnnounced(Fact, type="system.maintenance", topic="system"):
    """Everybody is told about planned work. Recorded in the platform's own company."""

    text: str
    minutes: int


class NoticePosted(Fact, type="notification.created", topic="notices"):
    """A sentence for a whole company, or for one role of it.

    Attributes:
        audience_role: The only role that gets it; None for the whole company.
    """

    text: str
    audience_role: Role | None = None


class SocketClosed(Fact, type="socket.closed", topic="accounts"):
    """An admin closed somebody's live connection; the page comes back by itself if it still may."""

    socket: str
    user: str
