"""Changing a password, and setting a new one by a mailed link."""

from datetime import timedelta

import sqlalchemy as sa

from app.accounts import gate
from app.accounts.events import UserChanged
from app.accounts.gate import Person
from app.accounts.models import PasswordReset, User
from app.accounts.passwords import check_password, hash_password
from app.accounts.problems import LinkExpired, WrongPassword
from app.accounts.secrets import hash_secret, new_link_secret
from app.accounts.service import links
from app.accounts.service.home import at_home, own_row
from app.accounts.service.opening import check_open
from app.accounts.service.sessions import revoke_all_of
from app.core import clock, tasks
from app.core.auth import Principal
from app.core.db import db, transaction
from app.core.mail import Mail
from app.core.mailing.letters import write_letter
from app.core.outbox import record
from app.core.tenancy import acting_for

VALID_FOR = timedelta(hours=1)


def change_password(who: Principal, *, current: str, new: str) -> None:
    """Set a new password; one's other sessions end.

    Raises:
        WrongPassword: The current one is not right.
    """
    with at_home(who.home_company_id), transaction():
        row = own_row(who.user_id, lock=True)
        if not check_password(row.password_hash, current):
            raise WrongPassword
        set_password(row, new)
        revoke_all_of(row.id, reason="password changed", but=who.credential)


def set_password(row: User, new: str) -> None:
    """Set a password inside the current transaction, and tell."""
    row.password_hash, row.version = hash_password(new), row.version + 1
    record(
        UserChanged(user=row.public_id, role=row.role, is_active=row.is_active, change="password"), version=row.version
    )


def request_reset(email: str) -> None:
    """Have a link mailed, if there is such a person. The answer is the same if not.

    Raises:
        JobQueuesOff: Mails are not sent here, to nobody.
    """
    tasks.check_switched_on()
    person = gate.find_user(email)
    if person is None or not person.is_active:
        return
    with acting_for(person.home.id), transaction() as session:
        row = PasswordReset(company_id=person.home.id, user_id=person.id, expires_at=clock.now() + VALID_FOR)
        session.add(row)
        session.flush()
        links.send("accounts.send_reset", {"reset_id": row.id}, title="Mail a link for a new password")


def write_reset(reset_id: str, base_url: str) -> Mail | None:
    """Make the secret of a reset and its mail; None when it is used or over.

    The secret is made here, when the mail is written, so that no row and no job ever holds it.
    """
    secret = new_link_secret()
    with transaction():
        row = db.session.scalar(sa.select(PasswordReset).where(PasswordReset.id == reset_id).with_for_update())
        if row is None or row.used_at is not None or row.expires_at <= clock.now():
            return None
        row.hash = hash_secret(secret)
        person = own_row(row.user_id)
    return write_letter(
        person.email, "reset", subject="Set a new password for Quarterdeck", name=person.name,
        link=f"{base_url}/password/reset/{secret}",
    )  # fmt: skip


def reset_password(secret: str, new: str) -> Person:
    """Set a new password by a mailed link; all the person's sessions end, and older links with them.

    Raises:
        LinkExpired: The link is used up or too old.
        SignInsOff: Nobody may come in now; the link stays good for its hour.
    """
    found = gate.find_reset(secret)
    if found is None:
        raise LinkExpired
    reset_id, person = found
    check_open(person.role)
    with acting_for(person.home.id), transaction() as session:
        used = session.scalar(
            sa.update(PasswordReset)
            .where(PasswordReset.id == reset_id, PasswordReset.used_at.is_(None))
            .values(used_at=clock.now())
            .returning(PasswordReset.id)
        )
        if used is None:
            raise LinkExpired
        session.execute(
            sa.update(PasswordReset)
            .where(PasswordReset.user_id == person.id, PasswordReset.used_at.is_(None))
            .values(used_at=clock.now())
        )
        set_password(own_row(person.id, lock=True), new)
        revoke_all_of(person.id, reason="password reset")
    return person


def force_password(email: str, new: str) -> Person | None:
    """Set a password from the command line and take the second factor away: the way back after a lock-out."""
    person = gate.find_user(email)
    if person is None:
        return None
    with acting_for(person.home.id), transaction():
        row = own_row(person.id, lock=True)
        row.totp_secret, row.totp_last_step, row.is_active = None, None, True
        set_password(row, new)
        revoke_all_of(row.id, reason="password set by command")
    return person
