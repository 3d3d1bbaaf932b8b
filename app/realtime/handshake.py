"""Who is at the other end of a new socket, and what they may hear."""

from typing import Any

from flask import Flask
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from socketio.exceptions import ConnectionRefusedError as Refused  # type: ignore[import-untyped]

from app.core import live
from app.core.auth import Principal, maybe_principal
from app.core.errors import Problem, TooManyRequests
from app.core.installation import SLUG
from app.limits import service as limits

Environ = dict[str, Any]
MOST_TOPICS = 20


class Hello(BaseModel):
    """What a client says when it connects.

    Attributes:
        topics: Topic to the last position known; -1 for "from now on".
        company: The company the page was made for; a page of another one must be loaded again.
        rows: True for our own pages, which get rendered rows instead of facts.
    """

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    topics: dict[str, int] = Field(default_factory=dict, max_length=MOST_TOPICS)
    company: str | None = Field(None, max_length=100)
    epoch: str | None = Field(None, max_length=40)
    rows: bool = False
    token: str | None = Field(None, max_length=500)
    ticket: str | None = Field(None, max_length=2000)

    @field_validator("topics", mode="before")
    @classmethod
    def accept_list(cls, value: Any) -> Any:  # Any: as sent
        """A list of names means "from now on"."""
        # Only of texts: a list inside of it is no name, and cannot be a key either.
        is_names = isinstance(value, list) and all(isinstance(name, str) for name in value)
        return dict.fromkeys(value, -1) if is_names else value


def read_hello(auth: Any) -> Hello:  # Any: as sent
    """Return what the client said.

    Raises:
        Refused: It cannot be read.
    """
    try:
        return Hello.model_validate(auth or {})
    except ValidationError:
        raise Refused("bad-handshake", {"code": "bad-handshake"}) from None


def authenticate(app: Flask, environ: Environ, hello: Hello) -> Principal:
    """Return who connects: by token, by ticket, or by the browser's session cookie.

    Raises:
        Refused: Nobody we know, too often, or a page of another company.
    """
    address = environ.get("REMOTE_ADDR", "")
    sent = {**environ, "HTTP_AUTHORIZATION": f"Bearer {hello.token}"} if hello.token else environ
    with app.request_context({**sent, "REQUEST_METHOD": "GET"}):
        who = _of_ticket(hello.ticket) if hello.ticket else maybe_principal()
        if who is None:
            limits.record_failure("sockets", address)
            raise refusal("not-signed-in")
        try:
            limits.check("socket_session", who.credential)
        except TooManyRequests as problem:
            raise Refused(problem.code, {"code": problem.code, "retryAfter": problem.fields["retry_after_s"]}) from None
    if (
        hello.company is not None
        and not is_about_installation(who, hello)
        and (who.acting_in is None or who.acting_in.slug != hello.company)
    ):
        raise refusal("company-changed")
    return who


def is_about_installation(who: Principal, hello: Hello) -> bool:
    """Say whether a platform admin's page shows what belongs to no tenant, whatever company they have chosen."""
    return hello.company == SLUG and who.company is None


def is_signed_in(app: Flask, environ: Environ) -> bool:
    """Say whether the browser's cookie, or an Authorization header, is somebody's."""
    if not (environ.get("HTTP_COOKIE") or environ.get("HTTP_AUTHORIZATION")):
        return False
    with app.request_context({**environ, "REQUEST_METHOD": "GET"}):
        return maybe_principal() is not None


def _of_ticket(ticket: str) -> Principal | None:
    from app.accounts.service import principal_for_ticket

    try:
        return principal_for_ticket(ticket)
    except Problem:
        return None


def refusal(code: str) -> Refused:
    """Return the refusal of a handshake, with a code the page acts on."""
    return Refused(code, {"code": code})


def chosen_topics(who: Principal, hello: Hello) -> dict[str, int]:
    """Return the topics the client gets: those it named and may read; a script that names none gets all it may."""
    allowed = live.readable_topics(who)
    wanted = hello.topics or ({} if hello.rows else dict.fromkeys(allowed, -1))
    return {name: position for name, position in wanted.items() if name in allowed}


__all__ = ["Hello", "authenticate", "chosen_topics", "is_about_installation", "is_signed_in", "read_hello", "refusal"]
