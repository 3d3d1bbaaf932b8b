"""Faults that carry people's data: every way a text of an exception, a statement or an argument might reach a log."""

import logging
import threading
from collections.abc import Callable

import gevent
import redis
import sqlalchemy as sa
import structlog
from flask import Flask, Response, request

from app.core.access import PUBLIC, allow
from app.core.db import db, transaction
from app.core.tasks import job, say
from app.extensions import celery

FAULTS: dict[str, Callable[[str], object]] = {}
log = structlog.get_logger("spill")


def fault(function: Callable[[str], object]) -> Callable[[str], object]:
    """Note one."""
    FAULTS[function.__name__] = function
    return function


@fault
def quote_value(text: str) -> None:
    raise ValueError(f"no customer {text} lives at {text}, or '{text}'")


@fault
def miss_key(text: str) -> None:
    raise KeyError(text)


@fault
def note_value(text: str) -> None:
    error = RuntimeError("with a note")
    error.add_note(text)
    raise error


@fault
def chain_errors(text: str) -> None:
    try:
        int(text)
    except ValueError as error:
        raise LookupError(f"row {text}") from error


@fault
def repeat_row(text: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("CREATE TEMPORARY TABLE met (name text UNIQUE) ON COMMIT DROP"))
        for _ in range(2):
            connection.execute(sa.text("INSERT INTO met VALUES (:name)"), {"name": text})


@fault
def cast_badly(text: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("SELECT CAST(CAST(:text AS text) AS integer)"), {"text": text})


@fault
def misspell(text: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text(f"SELECT '{text}' FROM {text}"))


@fault
def warn_of_database(text: str) -> None:
    try:
        repeat_row(text)
    except sa.exc.DBAPIError as error:
        log.warning("not written", error=str(error))


@fault
def warn_of_valkey(text: str) -> None:
    try:
        redis.Redis.from_url(f"redis://:{text}@127.0.0.1:1/0").get(text)
    except redis.RedisError as error:
        log.warning("valkey away", error=str(error))


@fault
def log_keys(text: str) -> None:
    log.info("signed in", email=text, password=text, reset_token=text, sent={"cookie": text, "api_key": text})


@fault
def blame_library(text: str) -> None:
    try:
        raise OSError(text)
    except OSError:
        logging.getLogger("library").exception("cannot send to %s", text)


@fault
def end_thread(text: str) -> None:
    thread = threading.Thread(target=quote_value, args=(text,))
    thread.start()
    thread.join()


@fault
def end_greenlet(text: str) -> None:
    gevent.spawn(quote_value, text).join()


def add_faults(app: Flask) -> Flask:
    """Give an app a route for each, and one that breaks in the middle of its answer."""

    @allow(PUBLIC)
    def spill(name: str, text: str) -> str:
        FAULTS[name](text)
        return "spilled"

    @allow(PUBLIC)
    def break_off(text: str) -> Response:
        def pieces():
            yield "begun"
            raise ValueError(request.args.get("q", text) + text)

        return Response(pieces())

    app.add_url_rule("/spills/<name>/<text>", "spill", spill, methods=["GET", "POST"])
    app.add_url_rule("/spills-broken/<text>", "break_off", break_off)
    return app


@job(queue="notification", name="spills.fail", retries=0)
def fail(name: str, text: str) -> None:
    """Say something to the job's own log, which its company reads, and fail."""
    say(f"Now for {text}")
    FAULTS[name](text)


def enqueue_all(text: str) -> None:
    """Queue a job for each fault; and send two messages that no worker of ours understands."""
    with transaction():
        for name in FAULTS:
            fail.enqueue(name, text, title="Fail")


def send_strangers(text: str) -> None:
    """Send what no worker of ours understands: a job nobody knows, and arguments that do not fit."""
    celery.send_task("spills.nobody", args=[text], kwargs={"name": text}, queue="notification")
    celery.send_task("spills.fail", args=[text, text, text, text], queue="notification")
