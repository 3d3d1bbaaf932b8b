"""One's notifications, as JSON."""

from flask import Blueprint

from app.accounts.service.home import at_home
from app.core.access import SELF
from app.core.api import contract
from app.core.auth import principal
from app.core.errors import InvalidCursor, NotFound
from app.notifications import reads, service
from app.notifications.schemas import NotificationOut, NotificationQuery, NotificationsOut

api_bp = Blueprint("notifications_api", __name__, url_prefix="/api/notifications")


@api_bp.get("")
@contract(
    scope=SELF, query=NotificationQuery, returns={200: NotificationsOut}, problems=[InvalidCursor], any_company=True,
    tag="Notifications",
)  # fmt: skip
def list_notifications(query: NotificationQuery) -> NotificationsOut:
    """List what one was told, newest first."""
    who = principal()
    with at_home(who.home_company_id):
        found = reads.list_notifications(who.user_id, limit=query.limit, after=query.after, kind=query.kind)
        unread = reads.count_unread(who.user_id)
    items = [NotificationOut.model_validate(row) for row in found.items]
    return NotificationsOut(
        items=items, unread=min(unread, reads.COUNT_BOUND), is_bounded=unread > reads.COUNT_BOUND,
        next_cursor=found.next_cursor,
    )  # fmt: skip


@api_bp.post("/<string:notification_id>/reading")
@contract(scope=SELF, returns={200: NotificationOut}, problems=[NotFound], any_company=True, tag="Notifications")
def read_notification(notification_id: str) -> NotificationOut:
    """Mark one as read."""
    who = principal()
    with at_home(who.home_company_id):
        return NotificationOut.model_validate(service.mark_read(who.user_id, notification_id))


@api_bp.post("/reading")
@contract(scope=SELF, returns={204: None}, any_company=True, tag="Notifications")
def read_all() -> None:
    """Mark all as read."""
    who = principal()
    with at_home(who.home_company_id):
        service.mark_all_read(who.user_id)
