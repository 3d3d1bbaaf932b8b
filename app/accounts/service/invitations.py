"""Asking somebody to join a company, by a mailed link."""

from datetime import timedelta

import sqlalchemy as sa

from app.accounts import gate
from app.accounts.events import UserInvited
from app.accounts.models import Company, Invitation
from app.accounts.problems import CannotInvite, LinkExpired, TooManyInvitations
from app.accounts.secrets import hash_secret, new_link_secret
from app.accounts.service import links
from app.accounts.service.opening import check_open
from app.accounts.service.people import check_role_fits, create_user
from app.core import clock
from app.core.access import Role
from app.core.auth import Principal
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.ids import CompanyId
from app.core.mail import Mail
from app.core.mailing.letters import write_letter
from app.core.outbox import record
from app.core.tenancy import acting_for, current_company_id
from app.limits.service import look, record_failure, refusal

VALID_FOR = timedelta(days=7)


def invite(who: Principal, *, email: str, role: Role) -> Invitation:
    """Ask somebody to join. Older open invitations of the same address are withdrawn.

    Raises:
        CannotInvite: The address has an account, here or in another company; which is not told.
        TooManyInvitations: Too many such addresses were tried: somebody looks for accounts.
        RoleNotHere: The role belongs to another kind of company.
    """
    check_address(who, email)
    with transaction() as session:
        check_role_fits(role)
        session.execute(
            sa.update(Invitation)
            .where(
                sa.func.lower(Invitation.email) == email.lower(),
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
            .values(revoked_at=clock.now())
        )
        row = Invitation(
            company_id=current_company_id(), user_id=who.user_id if who.home_company_id == current_company_id() else None, email=email, role=role,
            expires_at=clock.now() + VALID_FOR,
        )  # fmt: skip
        session.add(row)
        session.flush()
        record(UserInvited(invitation=row.id, email=email, role=role))
        links.send("accounts.send_invitation", {"invitation_id": row.id}, title=f"Mail an invitation to {email}")
    return row


def check_address(who: Principal, email: str) -> None:
    """Refuse an address that has an account; a few such refusals are let in, then all are refused alike.

    Raises:
        CannotInvite: It has one.
        TooManyInvitations: Too many were tried.
    """
    key = f"invite:{who.public_id}"
    tried = look("auth", key)
    if tried is not None and not tried.has_room:
        raise refusal(tried, TooManyInvitations)
    if gate.find_user(email) is not None:
        record_failure("auth", key)
        raise CannotInvite


def write_invitation(invitation_id: str, base_url: str) -> Mail | None:
    """Make the secret of an invitation and its mail; None when it was accepted, withdrawn or is over."""
    secret = new_link_secret()
    with transaction():
        row = db.session.scalar(sa.select(Invitation).where(Invitation.id == invitation_id).with_for_update())
        if row is None or row.accepted_at or row.revoked_at or row.expires_at <= clock.now():
            return None
        row.hash = hash_secret(secret)
        company = db.session.scalars(sa.select(Company.name).where(Company.id == row.company_id)).one()
    return write_letter(
        row.email, "invitation", subject=f"Join {company} on Quarterdeck", company=company, role=row.role.label,
        link=f"{base_url}/invitations/{secret}",
    )  # fmt: skip


def accept_invitation(secret: str, *, name: str, password: str) -> str:
    """Make the account an invitation promises; return its e-mail.

    Raises:
        LinkExpired: The link is used up, withdrawn or too old.
        EmailTaken: The address has an account, perhaps in another company.
        SignInsOff: Nobody may come in now; the invitation stays open.
    """
    found = gate.find_invitation(secret)
    if found is None:
        raise LinkExpired
    check_open(Role(found["role"]))
    with acting_for(CompanyId(found["company"]["id"])), transaction() as session:
        row = session.scalar(
            sa.update(Invitation)
            .where(Invitation.id == found["id"], Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
            .values(accepted_at=clock.now())
            .returning(Invitation)
        )
        if row is None:
            raise LinkExpired
        create_user(email=row.email, name=name, role=row.role, password=password)
    return str(found["email"])


def withdraw_invitation(invitation_id: str) -> None:
    """Take an open invitation back.

    Raises:
        NotFound: There is no such open invitation here.
    """
    with transaction() as session:
        gone = session.scalar(
            sa.update(Invitation)
            .where(Invitation.id == invitation_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
            .values(revoked_at=clock.now())
            .returning(Invitation.id)
        )
        if gone is None:
            raise NotFound
