"""What platform admins are told under their bell of queues and schedules."""

from app.core.access import Role
from app.core.tasks import JobQueuesOff
from app.notifications.service import notify


def tell_admins(kind: str, text: str, *, link: str, key: str) -> None:
    """Queue the news in the open transaction, inside the installation; where no jobs run nobody is told.

    Args:
        kind: `queue-behind` or `schedule-missed`.
        text: One sentence.
        link: The page that shows it.
        key: News with the same key is told once while it waits.
    """
    try:
        notify(kind, text, link=link, roles=[Role.PLATFORM_ADMIN.value], key=key)
    except JobQueuesOff:
        return
