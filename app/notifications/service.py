"""Telling people, and marking what they read."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.audience import list_audience
from app.core import clock, tasks
from app.core.context import actor
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.ids import UserId, new_ulid
from app.core.mailing.bulk import queue_mailing
from app.core.mailing.letters import write_letter
from app.core.outbox import record
from app.core.tenancy import current_company_id
from app.notifications.events import NotificationSent
from app.notifications.models import Notification

TIME_CHARACTERS = 10  # of a ULID; the rest is drawn


@dataclass(frozen=True)
class News:
    """What people are told.

    Attributes:
        kind: Such as `report-ready`; app/notifications/models.py gives each a look.
        link: A path on this site.
    """

    kind: str
    text: str
    link: str = ""


def notify(
    kind: str,
    text: str,
    *,
    link: str = "",
    roles: Sequence[str] = (),
    people: Sequence[str] = (),
    key: str | None = None,
) -> str:
    """Queue telling people of the current company, by role or public id; return the job's id.

    Args:
        kind: Such as `queue-behind`.
        text: One sentence.
        link: A path on this site that shows it.
        roles: Everybody who has one of these roles.
        people: Public ids, as in `actor()["id"]`.
        key: The same news with the same key, while it waits, is told once.
    """
    args = {"kind": kind, "text": text, "link": link, "roles": list(roles), "people": list(people)}
    options = {} if key is None else {"key": key}
    return tasks.enqueue("notifications.send", args, title=f"Tell: {text}"[:120], **options)


def send_news(news: News, *, roles: Sequence[str] = (), people: Sequence[str] = (), job_id: str | None = None) -> int:
    """Tell people now and return how many were told; a job that runs again tells nobody twice.

    Args:
        news: What.
        roles: To everybody of these roles.
        people: To these public ids.
        job_id: The job that tells; the rows' ids follow from it.
    """
    root = job_id or new_ulid()
    with transaction():
        found = list_audience(roles=roles, public_ids=people)
        told = [one for one in found if _add(news, one.number, one.id, mark_of(root, one.id))]
        by_mail = [one.email for one in told if one.preferences.get("notify_by_mail")]
        if by_mail:
            letter = write_letter("", "notification", subject=news.text, text=news.text, link=news.link)
            queue_mailing(letter, by_mail, title=f"Mail: {news.text}"[:120])
    return len(told)


def tell_asker(news: News, job_id: str) -> int:
    """Tell the person who asked for the running job, if a person of this company did; return how many were told."""
    asker = actor().get("id")
    return send_news(news, people=[str(asker)], job_id=job_id) if asker else 0


def mark_of(root: str, person: str) -> str:
    """Return what one person's row of some news ends with: the same at every run of the job that tells."""
    return hashlib.sha256(f"{root} {person}".encode()).hexdigest().upper()[: 26 - TIME_CHARACTERS]


def _add(news: News, user_id: UserId, person: str, mark: str) -> bool:
    """Write one row, unless the same job wrote it before. Its id begins with now, for lists go by ids."""
    told = sa.select(Notification.id).where(
        Notification.user_id == user_id, sa.func.right(Notification.id, len(mark)) == mark
    )
    if db.session.scalar(told) is not None:
        return False
    row_id = new_ulid()[:TIME_CHARACTERS] + mark
    row = Notification(
        company_id=current_company_id(), id=row_id, user_id=user_id, kind=news.kind, text=news.text, link=news.link
    )
    db.session.add(row)
    record(NotificationSent(id=row_id, user_id=user_id, user=person, kind=news.kind, text=news.text, link=news.link))
    return True


def mark_read(user_id: UserId, notification_id: str) -> Notification:
    """Mark one of somebody's notifications as read; one that is read already stays so.

    Raises:
        NotFound: It is not theirs.
    """
    with transaction() as session:
        row = session.scalar(
            sa.select(Notification).where(Notification.id == notification_id, Notification.user_id == user_id)
        )
        if row is None:
            raise NotFound
        row.read_at = row.read_at or clock.now()
    return row


def mark_all_read(user_id: UserId) -> None:
    """Mark all that somebody was told as read."""
    with transaction() as session:
        session.execute(
            sa.update(Notification)
            .where(Notification.user_id == user_id, Notification.read_at.is_(None))
            .values(read_at=clock.now())
        )
