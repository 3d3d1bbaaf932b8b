"""The page of one's notifications, the menu behind the bell, and marking as read."""

from flask import Blueprint, Response, url_for

from app.accounts.service.home import at_home
from app.accounts.service.people import change_preferences
from app.core import live
from app.core.access import SELF, allow
from app.core.api import parse_form, parse_query
from app.core.auth import maybe_principal, principal
from app.core.idempotency import once
from app.core.web import done, fragment, page, safe_next
from app.notifications import reads, service
from app.notifications.schemas import MailForm, NotificationQuery

bp = Blueprint("notifications", __name__)
MENU_ROWS = 10


@bp.get("/notifications")
@allow(SELF, any_company=True)
def list_notifications() -> Response:
    """What one was told, newest first."""
    query, who = parse_query(NotificationQuery), principal()
    state = live.state("notifications") if who.acting_in is not None else None
    with at_home(who.home_company_id):
        found = reads.list_notifications(who.user_id, limit=query.limit, after=query.after, kind=query.kind)
        unread = reads.count_unread(who.user_id)
    return page(
        "notifications/index.html", block="rows", live=state, items=found.items, next_cursor=found.next_cursor,
        unread=unread, after=query.after, kind=query.kind, by_mail=bool(who.preferences.get("notify_by_mail")),
    )  # fmt: skip


@bp.get("/notifications/menu")
@allow(SELF, any_company=True)
def show_menu() -> Response:
    """The newest of each kind, for the menu behind the bell."""
    who = principal()
    with at_home(who.home_company_id):
        found = reads.list_folded(who.user_id, rows=MENU_ROWS)
    return fragment("notifications/_menu.html", items=found)


@bp.post("/notifications/<string:notification_id>/reading")
@allow(SELF, any_company=True)
@once
def read_notification(notification_id: str) -> Response:
    """Mark one as read and go where it leads."""
    who = principal()
    with at_home(who.home_company_id):
        row = service.mark_read(who.user_id, notification_id)
    return done(safe_next(row.link, url_for("notifications.list_notifications")))


@bp.post("/notifications/reading")
@allow(SELF, any_company=True)
@once
def read_all() -> Response:
    """Mark all as read."""
    who = principal()
    with at_home(who.home_company_id):
        service.mark_all_read(who.user_id)
    return done(url_for("notifications.list_notifications"), toast="All are marked as read.")


@bp.post("/notifications/preferences")
@allow(SELF, any_company=True, browser_only=True)
@once
def change_mail() -> Response:
    """Have news by mail too, or not."""
    wanted = parse_form(MailForm).on
    change_preferences(principal(), {"notify_by_mail": wanted})
    word = "Notifications come by mail too." if wanted else "Notifications stay in here; no mail is sent."
    return done(url_for("notifications.list_notifications"), toast=word)


def count_for_bell() -> int:
    """Return how many the person looking has not read; asked once by the top bar of a page."""
    who = maybe_principal()
    if who is None:
        return 0
    with at_home(who.home_company_id):
        return reads.count_unread(who.user_id)
