"""A letter to many, to each address once.

An address is claimed before it is handed over and told of afterwards, in two transactions. Killed between
them it is `unsure` and left alone, for nobody wants the same mail twice.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask import current_app

from app.core import clock, files, guards, tasks
from app.core.db import db, transaction
from app.core.errors import NotFound, Problem
from app.core.mail import Mail, compose, mail_folder, write_mail
from app.core.mailing.model import Mailing, Recipient, RecipientState
from app.core.mailing.post import Outcome, Post
from app.core.tenancy import current_company_id
from config import Settings

MOST_TRIES = 3
MOST_REFUSALS = 100  # listed in the result; the rows hold all
LOST = "The worker was lost while it handed this one over. It may have arrived, so it is not sent again."


class MailWaits(Exception):
    """The server asked some recipients to wait; the job tries those again."""


@dataclass
class Tally:
    """What came of a mailing."""

    sent: int = 0
    refused: int = 0
    unsure: int = 0
    waiting: int = 0
    refusals: list[dict[str, str]] = field(default_factory=list)


def queue_mailing(
    letter: Mail, addresses: Iterable[str], *, title: str, attachments: Iterable[dict[str, str]] = ()
) -> str:
    """Keep a letter with its addresses in the current transaction and queue the job that sends it; return the mailing's id.

    Args:
        letter: Its words; `to` is not used.
        addresses: Who gets it; an address named twice gets one.
        title: What people read about the job.
        attachments: Kept files of this company: `subject` and `file` (its id), and the shown `name`.
    """
    company_id = current_company_id()
    with transaction() as session:
        mailing = Mailing(
            company_id=company_id, subject=letter.subject, text=letter.text, html=letter.html,
            attachments=list(attachments),
        )  # fmt: skip
        session.add(mailing)
        session.flush()
        for address in dict.fromkeys(addresses):
            session.add(Recipient(company_id=company_id, mailing_id=mailing.id, address=address))
        session.flush()
        tasks.enqueue("mail.send_bulk", {"mailing_id": mailing.id}, title=title)
    return mailing.id


def deliver_mailing(mailing_id: str) -> Tally:
    """Send a mailing to everybody who has not had it.

    Raises:
        MailWaits: Some answered "later"; call again.
        OSError: There is no mail server.
        Problem: The mail server failed a moment ago and is not asked.
    """
    settings: Settings = current_app.config["SETTINGS"]
    with transaction():
        mailing = db.session.scalars(sa.select(Mailing).where(Mailing.id == mailing_id)).one_or_none()
        if mailing is None:  # held for so long that it has been cleared away meanwhile
            return Tally()
        _settle_lost(mailing_id)
        addresses = db.session.scalars(_of(mailing_id).with_only_columns(Recipient.address).where(
            Recipient.state == RecipientState.WAITING).order_by(Recipient.address)).all()  # fmt: skip
    post = Post(settings.smtp_url.get_secret_value()) if settings.smtp_url else None
    try:
        with ExitStack() as fetched:
            attached = tuple((one["name"], _fetch(one, fetched)) for one in mailing.attachments if addresses)
            for done, address in enumerate(addresses):
                tasks.progress(done, len(addresses), f"{done} of {len(addresses)} handed over")
                if _claim(mailing_id, address):
                    _deliver_one(mailing, address, settings, post, attached)
    finally:
        if post is not None:
            post.close()
    tally = count_recipients(mailing_id)
    if tally.waiting:
        raise MailWaits(f"{tally.waiting} of {len(addresses)} were asked to wait; they are tried again")
    tasks.progress(len(addresses), len(addresses), f"{tally.sent} sent, {tally.refused} refused")
    return tally


def _fetch(wanted: dict[str, str], fetched: ExitStack) -> Path:
    """Return an attachment as a file on this disk, until all have it; old letters name one that always was.

    Raises:
        NotFound: It is gone.
    """
    if "subject" not in wanted:
        return files.place(wanted["kind"], wanted["file"])
    for found in files.kept(wanted["subject"]):
        if found.id == wanted["file"]:
            return fetched.enter_context(files.fetched(found))
    raise NotFound


def _deliver_one(
    mailing: Mailing, address: str, settings: Settings, post: Post | None, attached: tuple[tuple[str, Path], ...]
) -> None:
    try:
        message = compose(Mail(address, mailing.subject, mailing.text, mailing.html, attached), settings.mail_from)
        if post is None:
            write_mail(message, mail_folder(settings))
            outcome = Outcome(RecipientState.SENT, "written to a file")
        else:
            outcome = post.send(message)
    except BaseException as error:
        # Nothing was handed over: it waits, and a breaker's refusal does not even count as a try.
        is_try = not (isinstance(error, Problem) and guards.is_refusal(error))
        _note(
            mailing.id, address, Outcome(RecipientState.WAITING, "" if not is_try else str(error)[:500]), is_try=is_try
        )
        raise
    _note(mailing.id, address, outcome)


def _claim(mailing_id: str, address: str) -> bool:
    """Take one address, so that no other worker sends to it."""
    statement = (
        sa.update(Recipient)
        .where(Recipient.mailing_id == mailing_id, Recipient.address == address)
        .where(Recipient.state == RecipientState.WAITING)
        .values(state=RecipientState.SENDING, tries=Recipient.tries + 1, tried_at=clock.now())
    )
    with transaction() as session:
        return bool(_changed(session.execute(statement)))


def _note(mailing_id: str, address: str, outcome: Outcome, *, is_try: bool = True) -> None:
    """Keep what came of one address; who was asked to wait too often is given up."""
    given_up = sa.and_(sa.literal(outcome.state == RecipientState.WAITING and is_try), Recipient.tries >= MOST_TRIES)
    statement = (
        sa.update(Recipient)
        .where(Recipient.mailing_id == mailing_id, Recipient.address == address)
        .where(Recipient.state.in_([RecipientState.SENDING, RecipientState.UNSURE]))
        .values(
            state=sa.case((given_up, RecipientState.REFUSED.value), else_=outcome.state.value),
            answer=outcome.answer,
            tries=Recipient.tries if is_try else Recipient.tries - 1,
        )
    )
    with transaction() as session:
        session.execute(statement)


def _settle_lost(mailing_id: str) -> None:
    """Say of those whom a lost worker was busy with that nobody knows."""
    db.session.execute(
        sa.update(Recipient)
        .where(Recipient.mailing_id == mailing_id, Recipient.state == RecipientState.SENDING)
        .values(state=RecipientState.UNSURE, answer=LOST)
    )


def count_recipients(mailing_id: str) -> Tally:
    """Return how many stand where, and the words of those that were refused."""
    tally = Tally()
    with transaction():
        counts = db.session.execute(
            sa.select(Recipient.state, sa.func.count())
            .where(Recipient.mailing_id == mailing_id)
            .group_by(Recipient.state)
        )
        for state, count in counts:
            setattr(tally, state, count)
        refused = _of(mailing_id).where(Recipient.state.in_([RecipientState.REFUSED, RecipientState.UNSURE]))
        tally.refusals = [
            {"address": row.address, "answer": row.answer}
            for row in db.session.scalars(refused.order_by(Recipient.address).limit(MOST_REFUSALS))
        ]
    return tally


def _of(mailing_id: str) -> sa.Select[Recipient]:
    return sa.select(Recipient).where(Recipient.mailing_id == mailing_id)


def _changed(result: Any) -> int:  # Any: a CursorResult, which SQLAlchemy types as Result
    return int(result.rowcount)
