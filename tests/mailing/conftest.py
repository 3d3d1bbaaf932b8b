"""A real mail server that answers as it is told, and a mailing to send to it."""

from collections.abc import Callable, Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from pydantic import SecretStr

from app.breakers import registry
from app.core.embedded.ports import find_free_port
from app.core.ids import new_ulid
from app.core.mail import Mail
from app.core.mailing.bulk import queue_mailing
from app.core.tasks import run_job
from tests.world import Person

LETTER = Mail(to="", subject="Stock is back", text="It is back.\n", html="<p>It is back.</p>")


class Office:
    """A mail server.

    Attributes:
        answers: What it says to a recipient, one answer a try; 250 when there is none left.
        taken: What it took: recipient and message.
        after: Called with each message that was taken, before its receipt is given.
        hangs_up_on: Whose receipt is never given: the line is cut.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {}
        self.taken: list[tuple[str, Any]] = []
        self.after: Callable[[str], str | None] = lambda address: None
        self.hangs_up_on = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 (the library's name)
        told = self.answers.get(address) or ["250 fine"]
        answer = told.pop(0)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (the library's name)
        address = envelope.rcpt_tos[0]
        self.taken.append((address, message_from_bytes(envelope.content)))
        if address == self.hangs_up_on:
            server.transport.abort()
        return self.after(address) or "250 Taken"

    def got(self) -> list[str]:
        """Who got something, in order."""
        return [address for address, _ in self.taken]


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """The mail server of the app under test."""
    made = Office()
    server = Controller(made, hostname="127.0.0.1", port=find_free_port())
    server.start()
    url = SecretStr(f"smtp://127.0.0.1:{server.port}")
    monkeypatch.setitem(app.config, "SETTINGS", app.config["SETTINGS"].model_copy(update={"smtp_url": url}))
    yield made
    server.stop()
    registry.reset("email")  # what went well here would count in another test's window


@pytest.fixture
def people() -> list[str]:
    """Three addresses nobody else has."""
    return [f"{name}-{new_ulid().lower()}@example.test" for name in ("ann", "ben", "cas")]


@pytest.fixture
def send(app: Flask) -> Callable[[Person, str], None]:
    """Deliver the job of a mailing once, as the broker does."""

    def run(person: Person, mailing_id: str) -> None:
        row = person.world.sql.execute(
            "SELECT id FROM jobs WHERE company_id = %s AND args->>'mailing_id' = %s", (person.company_id, mailing_id)
        ).fetchone()
        assert row is not None
        with app.app_context():
            run_job(person.company_id, row["id"])

    return run


@pytest.fixture
def mailing(ada: Person, people: list[str]) -> str:
    """A letter to three people."""
    with ada.acting():
        return queue_mailing(LETTER, people, title="Stock is back")


@pytest.fixture
def states(ada: Person, mailing: str) -> Callable[[], dict[str, str]]:
    """Where each address stands, by the part of its name before the dash."""

    def look() -> dict[str, str]:
        rows = ada.world.sql.execute(
            "SELECT address, state, answer FROM mail_recipients WHERE mailing_id = %s", (mailing,)
        ).fetchall()
        return {row["address"].partition("-")[0]: f"{row['state']} {row['answer']}".strip() for row in rows}

    return look


@pytest.fixture
def job_of(ada: Person, mailing: str) -> Callable[[], dict[str, Any]]:
    """The mailing's job."""

    def look() -> dict[str, Any]:
        row = ada.world.sql.execute("SELECT * FROM jobs WHERE args->>'mailing_id' = %s", (mailing,)).fetchone()
        assert row is not None
        return row

    return look
