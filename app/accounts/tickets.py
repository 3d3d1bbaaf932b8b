"""A minute's pass to a socket, for clients that have neither our cookie nor a header to send."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import jwt
from flask import current_app

from app.core import clock
from app.core.auth import Principal
from app.core.ids import new_ulid

TICKET_S = 60
AUDIENCE = "socket"
ALGORITHM = "HS256"


@dataclass(frozen=True)
class Ticket:
    """What a ticket says. It names a credential; what that may do is looked up when the ticket is used."""

    id: str
    kind: str
    credential: str
    expires_at: datetime


def signing_key() -> bytes:
    """Return a key of its own, derived from the one secret."""
    return hmac.digest(str(current_app.secret_key).encode(), b"socket-ticket", sha256)


def issue_ticket(who: Principal) -> tuple[str, datetime]:
    """Return a ticket for somebody's credential, and when it ends."""
    expires_at = clock.now() + timedelta(seconds=TICKET_S)
    claims = {"jti": new_ulid(), "aud": AUDIENCE, "kind": who.kind, "cred": who.credential, "exp": expires_at}
    return jwt.encode(claims, signing_key(), algorithm=ALGORITHM), expires_at


def read_ticket(text: str) -> Ticket | None:
    """Return what a ticket says; None when it is not ours, over, or for something else."""
    try:
        claims = jwt.decode(
            text, signing_key(), algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "jti", "aud"]}
        )
        return Ticket(claims["jti"], claims["kind"], claims["cred"], datetime.fromtimestamp(claims["exp"], UTC))
    except (jwt.InvalidTokenError, KeyError):
        return None
