"""Coming in: password, second factor, session."""

import sqlalchemy as sa

from app.accounts import gate, session_store
from app.accounts.gate import Person
from app.accounts.models import User
from app.accounts.passwords import check_password, hash_password, is_outdated
from app.accounts.problems import CodeNeeded, TooManyCodes, WrongCode, WrongCredentials
from app.accounts.service import second_factor
from app.accounts.service.opening import check_open
from app.accounts.session_store import Browser, Opened
from app.accounts.throttle import sign_in_attempt
from app.core.db import transaction
from app.core.tenancy import acting_for
from config import Settings


def check_credentials(email: str, password: str, *, ip: str) -> Person:
    """Return who signs in. An unknown address, a wrong password and a closed account take as long and read the same.

    Raises:
        WrongCredentials: They do not match.
        TooManyRequests: Too many failed before.
        SignInsOff: They match, and nobody may come in now.
    """
    with sign_in_attempt(email, ip):
        person = gate.find_user(email)
        kept = person.password_hash if person is not None and person.is_active else None
        if not check_password(kept, password) or person is None or kept is None:
            raise WrongCredentials
    check_open(person.role)
    if is_outdated(kept):
        renew_hash(person, kept, password)
    return person


def renew_hash(person: Person, kept: str, password: str) -> None:
    """Hash a right password again with today's parameters, unless it was changed meanwhile."""
    with acting_for(person.home.id), transaction() as session:
        session.execute(
            sa.update(User)
            .where(User.id == person.id, User.password_hash == kept)
            .values(password_hash=hash_password(password))
        )


def check_code(person: Person, code: str, *, ip: str) -> None:
    """Check a code of the second factor.

    Raises:
        WrongCode: It is wrong or was used before.
        TooManyRequests: Too many failed before.
        SignInsOff: It is right, and nobody may come in now.
    """
    with sign_in_attempt(f"code:{person.email}", ip, TooManyCodes):
        if not second_factor.accept_code(person, code):
            raise WrongCode
    check_open(person.role)


def sign_in(
    email: str, password: str, code: str, *, browser: Browser, settings: Settings, data: dict[str, object]
) -> tuple[Person, Opened]:
    """Sign in at once, as scripts and tests do.

    Raises:
        WrongCredentials: E-mail and password do not match.
        CodeNeeded: The account has a second factor and no code was sent.
        WrongCode: The code is wrong.
        TooManyRequests: Too many failed before.
        SignInsOff: Nobody may come in now.
    """
    person = check_credentials(email, password, ip=browser.ip)
    if person.has_second_factor:
        if not code:
            raise CodeNeeded
        check_code(person, code, ip=browser.ip)
    proven = person.has_second_factor
    return person, session_store.open_session(person, browser, settings, data=data, second_factor=proven)
