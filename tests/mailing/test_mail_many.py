"""A letter to many through a real mail server: each address once, each with what the server said."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.core import guards, tasks
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.mailing.bulk import MailWaits, Tally, deliver_mailing, queue_mailing
from app.core.tasks import run_job
from tests.mailing.conftest import LETTER, Office
from tests.world import Person

States = Callable[[], dict[str, str]]
Send = Callable[[Person, str], None]


def test_everybody_gets_the_letter_in_text_and_html(
    ada: Person, office: Office, mailing: str, people: list[str], send: Send, states: States, job_of: Any
) -> None:
    send(ada, mailing)
    assert sorted(office.got()) == sorted(people)
    message = office.taken[0][1]
    assert message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in message.get_payload()] == ["text/plain", "text/html"]
    assert message["Subject"] == "Stock is back"
    assert {state.split()[0] for state in states().values()} == {"sent"}
    assert job_of()["result"] == {"sent": 3, "refused": 0, "unsure": 0, "notes": []}


def test_one_who_is_refused_is_told_of_and_the_others_get_theirs(
    ada: Person, office: Office, mailing: str, people: list[str], send: Send, states: States, job_of: Any
) -> None:
    office.answers[people[1]] = ["550 No such person here"]
    send(ada, mailing)
    assert office.got() == sorted([people[0], people[2]])
    assert states()["ben"] == "refused 550 No such person here"
    assert job_of()["result"]["notes"] == [f"{people[1]}: 550 No such person here"]
    assert job_of()["state"] == "done"


def test_only_who_was_asked_to_wait_is_tried_again(
    ada: Person, office: Office, mailing: str, people: list[str], send: Send, states: States, job_of: Any
) -> None:
    office.answers[people[2]] = ["451 Try later"]
    send(ada, mailing)
    assert states()["cas"] == "waiting 451 Try later"
    assert job_of()["state"] == "queued"
    with ada.acting():
        tally = deliver_mailing(mailing)
    assert (tally.sent, tally.waiting) == (3, 0)
    assert sorted(office.got()) == sorted(people)


def test_who_always_says_later_is_given_up(
    ada: Person, office: Office, mailing: str, people: list[str], states: States
) -> None:
    office.answers[people[0]] = ["450 Full"] * 5
    with ada.acting():
        for _ in range(2):
            with pytest.raises(MailWaits):
                deliver_mailing(mailing)
        tally = deliver_mailing(mailing)
    assert (tally.sent, tally.refused) == (2, 1)
    assert states()["ann"] == "refused 450 Full"


def test_a_line_that_is_cut_after_the_letter_leaves_it_unsure_and_the_next_goes_on(
    ada: Person, office: Office, mailing: str, people: list[str], states: States
) -> None:
    office.hangs_up_on = min(people)
    with ada.acting():
        tally = deliver_mailing(mailing)
    assert (tally.sent, tally.unsure) == (2, 1)
    assert "took it and did not answer" in states()["ann"]
    assert sorted(office.got()) == sorted(people)


def test_one_letter_from_a_template(app: Flask, ada: Person, office: Office, people: list[str]) -> None:
    values = {"name": "Ann", "link": "https://console.example.com/x"}
    args = {"to": people[0], "subject": "Hello", "template": "reset", "values": values}
    with ada.acting(), transaction():
        job_id = tasks.enqueue("mail.send", args, title="Mail one")
    with app.app_context():
        run_job(ada.company_id, job_id)
    assert office.got() == [people[0]]
    assert office.taken[0][1].get_content_type() == "multipart/alternative"


class Killed(BaseException):
    """The end of a process: nothing catches it."""


def test_killed_in_the_middle_nobody_gets_two(
    app: Flask,
    ada: Person,
    office: Office,
    mailing: str,
    people: list[str],
    states: States,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Killed

    second = sorted(people)[1]

    with monkeypatch.context() as patch, ada.acting():

        def break_off(address: str) -> None:
            if address == second:
                patch.setattr("app.core.mailing.bulk._note", die)

        office.after = break_off
        with pytest.raises(Killed):
            deliver_mailing(mailing)
    office.after = lambda address: None
    with app.app_context(), ada.acting():
        tally = deliver_mailing(mailing)
    assert sorted(office.got()) == sorted(people)
    assert (tally.sent + tally.unsure, tally.unsure, tally.waiting) == (3, 1, 0)
    assert "may have arrived, so it is not sent again" in states()["ben"]


def test_without_a_server_nothing_is_lost(
    app: Flask, ada: Person, mailing: str, states: States, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pydantic import SecretStr

    from app.core.embedded.ports import find_free_port

    away = app.config["SETTINGS"].model_copy(update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{find_free_port()}")})
    with monkeypatch.context() as patch, guards.unguarded(), ada.acting(), pytest.raises(OSError, match="refused"):
        patch.setitem(app.config, "SETTINGS", away)
        deliver_mailing(mailing)
    assert {state.split()[0] for state in states().values()} == {"waiting"}
    with ada.acting():
        assert deliver_mailing(mailing).sent == 3


def test_an_address_named_twice_gets_one(ada: Person, office: Office, people: list[str]) -> None:
    with ada.acting():
        tally = deliver_mailing(queue_mailing(LETTER, [people[0], people[0]], title="Twice"))
    assert tally.sent == 1


def test_another_company_cannot_send_it(cleo: Person, office: Office, mailing: str) -> None:
    with cleo.acting():
        assert deliver_mailing(mailing) == Tally()
    assert office.got() == []


def test_a_mailing_that_was_cleared_away_while_it_was_held_is_over(ada: Person) -> None:
    with ada.acting():
        assert deliver_mailing(new_ulid()).sent == 0
