"""The token of every form: which session it was made for, against other sites, and which company its page was about.

A platform admin may choose another company in another tab. What the first tab still shows would then be done to a
company it does not show, so it is refused there instead.
"""

import hmac
import secrets
from hashlib import sha256

from flask import current_app, g, request, session

HEADER, FIELD = "X-CSRF-Token", "csrf_token"
FORM = "application/x-www-form-urlencoded"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def csrf_token() -> str:
    """Return the token for a form of this page: of the session, a dot, and the company one acts in, if any."""
    who = g.get("principal")
    return f"{_of_session()}.{who.acting_in.slug if who is not None and who.acting_in is not None else ''}"


def is_ours() -> bool:
    """Say whether this request carries the token of its session."""
    sent = request.headers.get(HEADER) or request.form.get(FIELD, "")
    return hmac.compare_digest(sent.partition(".")[0].encode(), _of_session().encode())


def opened_in() -> str | None:
    """Return the company that the page was about when this form was opened: its slug, "" for none.

    Returns:
        None where nothing says so: a script's request, or a file that is sent without JavaScript.
    """
    sent = request.headers.get(HEADER, "")
    if not sent and request.mimetype == FORM:
        sent = request.form.get(FIELD, "")
    _, dot, slug = sent.partition(".")
    return slug if dot else None


def _of_session() -> str:
    seed = session.get("csrf")
    if seed is None:
        seed = session["csrf"] = secrets.token_urlsafe(16)
    return hmac.new(str(current_app.secret_key).encode(), str(seed).encode(), sha256).hexdigest()
