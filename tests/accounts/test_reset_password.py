"""A new password: by knowing the old one, or by a mailed link through a real mail server."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from pydantic import SecretStr

from app import create_app
from app.core.embedded.ports import find_free_port
from app.core.tasks import run_job
from app.core.tenancy import system_work
from tests.accounts.conftest import Post, Sql, browser, sign_in
from tests.stage import let_go
from tests.world import SAME_ORIGIN, Person

NEW = "a new and longer sentence"


class Letterbox:
    """What the mail server took."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (the library's name)
        self.taken.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 Taken"


@pytest.fixture
def letterbox() -> Iterator[tuple[Letterbox, int]]:
    box = Letterbox()
    server = Controller(box, hostname="127.0.0.1", port=find_free_port())
    server.start()
    yield box, server.port
    server.stop()


@pytest.fixture
def mailing(app: Flask, letterbox: tuple[Letterbox, int]) -> Iterator[Flask]:
    """The app with a mail server."""
    url = SecretStr(f"smtp://127.0.0.1:{letterbox[1]}")
    made = create_app(app.config["SETTINGS"].model_copy(update={"smtp_url": url}))
    yield made
    let_go(made)


def ask(app: Flask, email: str, address: str) -> Any:
    return app.test_client().post(
        "/password/forgot", data={"email": email}, headers=SAME_ORIGIN, environ_base={"REMOTE_ADDR": address}
    )


def test_a_link_by_real_mail_sets_a_password_once_and_ends_every_session(
    mailing: Flask, letterbox: tuple[Letterbox, int], ada: Person, address: str, sql: Sql
) -> None:
    signed_in = browser(mailing, ada)
    assert "on its way" in ask(mailing, ada.email, address).text
    (job,) = sql("SELECT id FROM jobs WHERE company_id = %s AND name = 'accounts.send_reset'", ada.company_id)
    with mailing.app_context(), system_work():
        run_job(ada.company_id, job["id"])
    ((recipients, mail),) = letterbox[0].taken
    assert recipients == [ada.email]
    found = re.search(r"http://[^/\s]+(/password/reset/\S+)", mail.get_payload(0).get_payload(decode=True).decode())
    assert found is not None
    visitor = mailing.test_client()
    assert visitor.get(found[1]).headers["Cache-Control"] == "no-store"
    assert visitor.post(found[1], data={"password": "short"}, headers=SAME_ORIGIN).status_code == 422
    assert visitor.post(found[1], data={"password": NEW}, headers=SAME_ORIGIN).status_code == 303
    assert visitor.post(found[1], data={"password": NEW}, headers=SAME_ORIGIN).status_code == 410
    assert signed_in.get("/api/user").status_code == 401
    assert sign_in(mailing.test_client(), ada.email, ada.password, address).status_code == 401
    assert sign_in(mailing.test_client(), ada.email, NEW, address).status_code == 200


def test_an_unknown_address_reads_the_same_and_mails_nothing(app: Flask, ada: Person, address: str, sql: Sql) -> None:
    known = ask(app, ada.email, address).text.replace(ada.email, "X")
    unknown = ask(app, "nobody@example.test", address).text.replace("nobody@example.test", "X")
    assert strip(known) == strip(unknown)
    assert sql("SELECT 1 FROM jobs WHERE name = 'accounts.send_reset' AND args::text LIKE '%%nobody%%'") == []


def strip(page: str) -> str:
    return re.sub(r'value="[^"]*"|data-now="[^"]*"|datetime="[^"]*"', "", page)


def test_only_an_admin_inside_is_told_where_mails_are_written(
    app: Flask, ada: Person, address: str, post: Post
) -> None:
    folder = str(app.config["SETTINGS"].quarterdeck_home / "mail")
    assert folder not in ask(app, ada.email, address).text
    assert folder in ada.get("/settings/users").text
    assert post.link(ada.company_id).startswith("/password/reset/")


def test_thirty_links_from_one_address_are_let_in(app: Flask, address: str) -> None:
    answers = [ask(app, f"nobody{n}@example.test", address) for n in range(31)]
    assert [answer.status_code for answer in answers] == [200] * 30 + [429]
    assert "Too many links for a new password were asked for from your address." in answers[-1].text
    assert answers[-1].headers["RateLimit"].startswith('"auth_ip";r=0;')
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_without_jobs_everybody_is_refused_alike(
    app: Flask, ada: Person, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = app.config["SETTINGS"].model_copy(update={"enable_job_queues": False})
    monkeypatch.setitem(app.config, "SETTINGS", settings)
    answers = [ask(app, email, address) for email in (ada.email, "nobody@example.test")]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert all("Jobs are switched off here." in answer.text for answer in answers)


def test_an_old_link_is_over_and_the_newest_kills_the_others(
    app: Flask, ada: Person, address: str, post: Post, sql: Sql
) -> None:
    ask(app, ada.email, address)
    first = post.link(ada.company_id)
    ask(app, ada.email, address)
    second = post.link(ada.company_id)
    visitor = app.test_client()
    assert visitor.post(second, data={"password": NEW}, headers=SAME_ORIGIN).status_code == 303
    assert visitor.get(first).status_code == 410
    ask(app, ada.email, address)
    third = post.link(ada.company_id)
    sql("UPDATE password_resets SET expires_at = now() - interval '1 s' WHERE user_id = %s", ada.id)
    assert visitor.get(third).status_code == 410
    assert visitor.get("/password/reset/made-up").status_code == 410


def test_no_link_lies_about_in_the_database(app: Flask, ada: Person, address: str, post: Post, sql: Sql) -> None:
    ask(app, ada.email, address)
    secret = post.link(ada.company_id).rpartition("/")[2]
    for table in ("jobs", "password_resets", "outbox"):
        lines = sql(f"SELECT t::text AS line FROM {table} t")
        assert secret not in "".join(row["line"] for row in lines)


def test_changing_it_wants_the_current_one_and_ends_the_other_sessions(app: Flask, ada: Person) -> None:
    other = browser(app, ada)
    wrong = ada.post("/api/user/password", json={"current": "wrong", "new": NEW})
    assert (wrong.status_code, wrong.json["code"]) == (403, "wrong-password")
    assert ada.post("/settings/password", data={"current": "wrong", "new": NEW}).status_code == 403
    assert ada.post("/settings/password", data={"current": ada.password, "new": "short"}).status_code == 422
    assert other.get("/api/user").status_code == 200
    assert ada.post("/settings/password", data={"current": ada.password, "new": NEW}).status_code == 303
    assert ada.get("/api/user").status_code == 200
    assert other.get("/api/user").status_code == 401
    assert ada.post("/api/user/password", json={"current": NEW, "new": ada.password}).status_code == 204
    assert ada.get("/api/user").status_code == 200


def test_a_platform_admin_inside_a_company_changes_their_own(app: Flask, pat: Person, ada: Person) -> None:
    assert pat.post("/company", data={"company": ada.company_slug}).status_code == 303
    assert pat.post("/settings/password", data={"current": pat.password, "new": NEW}).status_code == 303
    assert sign_in(app.test_client(), pat.email, NEW).status_code == 200
