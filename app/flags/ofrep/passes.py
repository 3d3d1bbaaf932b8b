"""Passes to the change stream: EventSource sends no headers, so the address carries who may listen."""

import hmac
from datetime import timedelta
from hashlib import sha256

import jwt
from flask import current_app

from app.accounts.service import principal_for_credential
from app.core import clock
from app.core.auth import Principal

AUDIENCE, ALGORITHM = "flags-stream", "HS256"
GOOD_FOR = timedelta(hours=24)  # a client takes a new address with every refetch


def issue_pass(who: Principal) -> str:
    """Return a pass that names somebody's credential; it opens nothing but the notice that flags changed."""
    claims = {"aud": AUDIENCE, "kind": who.kind, "cred": who.credential, "exp": clock.now() + GOOD_FOR}
    return jwt.encode(claims, _key(), algorithm=ALGORITHM)


def read_pass(text: str) -> Principal | None:
    """Return whose pass it is, while it and the credential are good."""
    try:
        claims = jwt.decode(
            text, _key(), algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "aud"]}
        )
        return principal_for_credential(claims["kind"], claims["cred"])
    except (jwt.InvalidTokenError, KeyError):
        return None


def _key() -> bytes:
    """Return a key of its own, derived from the one secret."""
    return hmac.digest(str(current_app.secret_key).encode(), AUDIENCE.encode(), sha256)
