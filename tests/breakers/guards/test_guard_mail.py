"""A mail server that is away: mails wait as jobs, lose no attempt while it rests, and all arrive."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from pydantic import SecretStr

from app.breakers import registry
from app.breakers.config import BreakerConfig
from app.breakers.ready import READY
from app.breakers.states import CallNotPermitted, State
from app.core.db import transaction
from app.core.embedded.ports import find_free_port
from app.core.jobs import Job, JobState
from app.core.mail import Mail, send_mail
from app.core.tasks import JOBS, job, run_job
from config import Settings
from tests.site import wait_for
from tests.world import Person

MAIL = Mail("somebody@example.com", "Hello", "A text.")
NAME = "tests.send_hello"
sending_to: list[Settings] = []


@job(queue="email", name=NAME)
def send_hello() -> None:
    send_mail(MAIL, sending_to[0])


class Letterbox:
    """A mail server.

    Attributes:
        answer: To the recipient; `250` takes it.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.answer = "250 fine"
        self.port = find_free_port()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802 (the library's name)
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (the library's name)
        self.taken += 1
        return "250 Taken"

    def open(self) -> Controller:
        """Start on this letterbox's own port."""
        controller = Controller(self, hostname="127.0.0.1", port=self.port)
        controller.start()
        return controller


@pytest.fixture
def quick() -> Iterator[Any]:
    """The breaker `email` with a short wait."""
    (ready,) = (one for one in READY if one.name == "email")
    made = registry.breaker("email")
    made.configure(ready.config.with_overrides({"waitDurationInOpenStateMs": 400, "randomizedWaitFactor": 0}))
    yield made
    registry.breaker("email", ready.config)


@pytest.fixture
def box(app: Flask, quick: Any) -> Letterbox:
    """A letterbox that is not open yet."""
    made = Letterbox()
    url = SecretStr(f"smtp://127.0.0.1:{made.port}")
    sending_to[:] = [app.config["SETTINGS"].model_copy(update={"smtp_url": url})]
    return made


def test_a_server_that_is_away_is_left_alone_and_found_again(box: Letterbox, quick: Any) -> None:
    for _ in range(3):
        with pytest.raises(OSError, match="refused"):
            send_mail(MAIL, sending_to[0])
    with pytest.raises(CallNotPermitted):
        send_mail(MAIL, sending_to[0])
    server = box.open()
    try:
        wait_for(lambda: sends() and quick.state is State.CLOSED)
    finally:
        server.stop()


def sends() -> bool:
    try:
        send_mail(MAIL, sending_to[0])
    except CallNotPermitted:
        return False
    return True


def test_a_refused_recipient_is_no_failure_of_the_server(box: Letterbox, quick: Any) -> None:
    box.answer = "550 nobody here"
    server = box.open()
    try:
        for _ in range(5):
            with pytest.raises(OSError, match="nobody here"):
                send_mail(MAIL, sending_to[0])
    finally:
        server.stop()
    assert (quick.state, quick.figures_now()) == (State.CLOSED, (0, 0, 0))


def test_a_mail_that_meets_an_open_breaker_waits_and_that_is_no_attempt(
    app: Flask, ada: Person, box: Letterbox, quick: Any
) -> None:
    quick.move_alone(State.OPEN)
    with ada.acting(), transaction():
        job_id = JOBS[NAME].enqueue(title="Say hello")
    deliver(app, ada, job_id)
    waiting = look(ada, job_id)
    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 0)
    assert "resting" in waiting.error
    server = box.open()
    try:
        wait_for(lambda: deliver(app, ada, job_id) or look(ada, job_id).state is JobState.DONE)
    finally:
        server.stop()
    assert (box.taken, look(ada, job_id).attempts) == (1, 1)


def deliver(app: Flask, person: Person, job_id: str) -> None:
    with app.app_context():
        run_job(person.company_id, job_id)


def look(person: Person, job_id: str) -> Job:
    from app.queues import reads

    with person.acting(), transaction():
        return reads.find_job(job_id)


def test_every_ready_made_breaker_has_settings_that_can_be_meant() -> None:
    names = {"database", "external-api", "ai-service", "storage", "redis", "search", "email", "webhooks"}
    assert {one.name for one in READY} == names
    for one in READY:
        assert one.description.endswith(".")
        assert BreakerConfig.from_json(one.config.to_json()) is not None
