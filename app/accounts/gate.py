"""The few questions answered before a company is known: each takes one exact key (see `auth_*` in the migrations).

They run outside any transaction, one round trip each, because they only read or do one thing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from app.accounts.secrets import hash_secret
from app.core.access import Role
from app.core.auth import Company
from app.core.db import ask_alone, db
from app.core.ids import CompanyId, UserId

JSON = dict[str, Any]
PLATFORM = "platform"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, as the gate knows them."""

    id: UserId
    public_id: str
    email: str
    name: str
    role: Role
    home: Company
    preferences: JSON
    is_active: bool
    has_second_factor: bool
    password_hash: str | None = None


@dataclass(frozen=True)
class SessionFound:
    """A session row and its person.

    Attributes:
        ended: Why it is no longer good; None while it is.
        seen_s: Seconds since its last counted activity.
        expires_at: Unix time of its absolute end.
    """

    id: str
    version: int
    person: Person
    acting: Company | None
    second_factor: bool
    ended: str | None
    seen_s: float
    expires_at: float


@dataclass(frozen=True)
class TokenFound:
    """An API token and its person; `seen_s` is None before its first use."""

    id: str
    person: Person
    scopes: frozenset[str] | None
    limit_per_min: int | None
    ended: str | None
    seen_s: float | None


@dataclass(frozen=True)
class Standing:
    """What a credential is worth right now."""

    credential: str
    role: Role
    company_id: CompanyId
    acting_company_id: CompanyId | None


def ask(sql: str, **keys: Any) -> Any:  # Any: JSON or a scalar, by function
    """Call one `auth_*` function."""
    return ask_alone(sql, keys)


def find_company(slug: str) -> Company | None:
    """Return a company by its slug."""
    found = ask("SELECT auth_company(%(slug)s)", slug=slug)
    return company_of(found) if found else None


def find_user(email: str) -> Person | None:
    """Return a person by e-mail, with the hash of their password."""
    found = ask("SELECT auth_user(%(email)s)", email=email)
    return person_of(found) if found else None


def find_session(session_id: str) -> SessionFound | None:
    """Return the session a cookie names, ended or not."""
    found = ask("SELECT auth_session(%(hash)s)", hash=hash_secret(session_id))
    return session_of(found) if found else None


def find_session_by_id(credential: str) -> SessionFound | None:
    """Return a session by its public id, as tickets name it."""
    found = ask("SELECT auth_session_by_id(%(id)s)", id=credential)
    return session_of(found) if found else None


def find_token(text: str) -> TokenFound | None:
    """Return the API token with this secret, ended or not."""
    found = ask("SELECT auth_token(%(hash)s)", hash=hash_secret(text))
    return token_of(found) if found else None


def find_token_by_id(credential: str) -> TokenFound | None:
    """Return an API token by its public id, as tickets name it."""
    found = ask("SELECT auth_token_by_id(%(id)s)", id=credential)
    return token_of(found) if found else None


def find_invitation(secret: str) -> JSON | None:
    """Return the open invitation behind a mailed link."""
    found: JSON | None = ask("SELECT auth_invitation(%(hash)s)", hash=hash_secret(secret))
    return found


def find_reset(secret: str) -> tuple[str, Person] | None:
    """Return the id and person of an open password reset."""
    found = ask("SELECT auth_reset(%(hash)s)", hash=hash_secret(secret))
    return (found["id"], person_of(found["person"])) if found else None


def find_standing(sessions: Iterable[str], tokens: Iterable[str]) -> dict[str, Standing]:
    """Return the credentials, by id, that are still good, with what they are worth."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        rows = connection.execute(
            sa.text("SELECT * FROM auth_standing(:sessions, :tokens)"),
            {"sessions": list(sessions), "tokens": list(tokens)},
        ).all()
    return {
        row.credential: Standing(row.credential, Role(row.role), row.company_id, row.acting_company_id) for row in rows
    }


def use_ticket(ticket_id: str, until: datetime) -> bool:
    """Mark a ticket as used; False when it was before."""
    return bool(ask("SELECT auth_use_ticket(%(id)s, %(until)s)", id=ticket_id, until=until))


def company_of(found: JSON) -> Company:
    """Build a company from the gate's JSON."""
    return Company(CompanyId(found["id"]), found["slug"], found["name"], found["currency"], found["timezone"])


def person_of(found: JSON) -> Person:
    """Build a person from the gate's JSON."""
    return Person(
        UserId(found["id"]),
        found["public_id"],
        found["email"],
        found["name"],
        Role(found["role"]),
        company_of(found["company"]),
        found["preferences"],
        found["is_active"],
        found["second_factor"],
        found.get("password_hash"),
    )


def session_of(found: JSON) -> SessionFound:
    """Build a session from the gate's JSON."""
    return SessionFound(
        found["id"],
        found["version"],
        person_of(found["person"]),
        company_of(found["acting"]) if found["acting"] else None,
        found["second_factor"],
        found["ended"],
        found["seen_s"],
        found["expires_at"],
    )


def token_of(found: JSON) -> TokenFound:
    """Build a token from the gate's JSON."""
    scopes = found["scopes"]
    return TokenFound(
        found["id"],
        person_of(found["person"]),
        None if scopes is None else frozenset(scopes),
        found["limit_per_min"],
        found["ended"],
        found["seen_s"],
    )
