"""TOTP (RFC 6238) and the recovery codes that stand in for a lost phone. A code is good once."""

import hmac

import pyotp
import sqlalchemy as sa

from app.accounts.events import UserChanged
from app.accounts.gate import Person
from app.accounts.models import RecoveryCode, User
from app.accounts.passwords import check_password
from app.accounts.problems import SecondFactorOn, WrongCode, WrongPassword
from app.accounts.secrets import hash_secret, new_recovery_code
from app.accounts.service.home import at_home, own_row
from app.core import clock
from app.core.auth import Principal
from app.core.db import db, transaction
from app.core.outbox import record
from app.core.tenancy import acting_for

ISSUER = "Quarterdeck"
STEP_S = 30
CODES = 10
TOTP_LENGTH = 6


def new_secret() -> str:
    """Return a secret for an authenticator."""
    return pyotp.random_base32()


def enrolment_uri(secret: str, email: str) -> str:
    """Return what an authenticator reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def matching_step(secret: str, code: str) -> int | None:
    """Return the time step whose code this is: now, or one before or after, for clocks that differ."""
    now = int(clock.now().timestamp()) // STEP_S
    totp = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            return step
    return None


def switch_on(who: Principal, secret: str, code: str) -> list[str]:
    """Switch the second factor on with the first code of the new secret; return the recovery codes.

    Raises:
        SecondFactorOn: It is on already.
        WrongCode: The code is not of this secret.
    """
    step = matching_step(secret, code.strip().replace(" ", ""))
    if step is None:
        raise WrongCode
    with at_home(who.home_company_id), transaction() as session:
        row = own_row(who.user_id, lock=True)
        if row.totp_secret is not None:
            raise SecondFactorOn
        row.totp_secret, row.totp_last_step, row.version = secret, step, row.version + 1
        codes = [new_recovery_code() for _ in range(CODES)]
        session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == row.id))
        session.add_all(RecoveryCode(company_id=row.company_id, user_id=row.id, hash=hash_secret(one)) for one in codes)
        tell(row)
    return codes


def switch_off(who: Principal, password: str) -> None:
    """Switch the second factor off; wants the password, because a stolen browser must not be able to.

    Raises:
        WrongPassword: It is not right.
    """
    with at_home(who.home_company_id), transaction() as session:
        row = own_row(who.user_id, lock=True)
        if not check_password(row.password_hash, password):
            raise WrongPassword
        row.totp_secret, row.totp_last_step, row.version = None, None, row.version + 1
        session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == row.id))
        tell(row)


def tell(row: User) -> None:
    """Record that a person's second factor changed."""
    record(
        UserChanged(user=row.public_id, role=row.role, is_active=row.is_active, change="second-factor"),
        version=row.version,
    )


def accept_code(person: Person, code: str) -> bool:
    """Use up a code of the authenticator or a recovery code; False when it is wrong or was used before."""
    typed = code.strip().replace(" ", "").lower()
    with acting_for(person.home.id), transaction():
        if len(typed) == TOTP_LENGTH and typed.isdigit():
            return _use_step(person, typed)
        return _use_recovery_code(person, typed)


def _use_step(person: Person, code: str) -> bool:
    secret = db.session.scalar(sa.select(User.totp_secret).where(User.id == person.id))
    step = matching_step(secret, code) if secret else None
    if step is None:
        return False
    is_newer = sa.or_(User.totp_last_step.is_(None), User.totp_last_step < step)
    used = db.session.scalar(
        sa.update(User).where(User.id == person.id, is_newer).values(totp_last_step=step).returning(User.id)
    )
    return used is not None


def _use_recovery_code(person: Person, code: str) -> bool:
    used = db.session.scalar(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.user_id == person.id, RecoveryCode.hash == hash_secret(code), RecoveryCode.used_at.is_(None)
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.user_id)
    )
    return used is not None
