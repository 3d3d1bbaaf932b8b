"""Reading the session of a request, ours beside Flask-Session's own, over the floor of one GET and its decoding.

    bin/bench sessions [--rounds 30] [--asks 400]

Ours comes with the limits, in one round trip: what it takes is what a page's limits take with it, less what they take
without. Alone, as where nothing is limited, it is one GET. Who asks is read from PostgreSQL in any case, because a
revoked session must be dead at once; that is a row of its own. Starts its own PostgreSQL and Valkey.
"""

import argparse
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import msgspec
import orjson
import psycopg
from flask import Flask, Response, g
from flask.sessions import SessionInterface
from flask_session import Session as FlaskSession
from redis import Redis

from app.accounts import gate, session_store
from app.accounts.secrets import hash_secret
from app.accounts.sessions import ConsoleSession, current_session
from app.core.auth import maybe_principal
from app.core.redis import connect
from app.limits import front
from bench.limits import WIDE, Stand, fill_windows, running_app
from bench.turns import Contestant, added, ratio, report, take_turns, verdict
from tests.world import Person

PAGE_LIMIT = {"LIMIT_PAGE": "100000000/min"}


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench sessions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--asks", type=int, default=400, help="of a contestant, a round")
    options = parser.parse_args()
    with running_app(WIDE | PAGE_LIMIT) as (app, person):
        floor, *mine = [*floors(app, person), *ours(app, person)]
        rivals = list(theirs(app))
        take_turns([floor, *mine, *rivals], rounds=options.rounds, asks=options.asks)
        report([floor, *mine, *rivals], floor)
        alone, limits, both = mine[0], mine[1], mine[2]
        verdict(f"read by itself ≤ 1.3 × one GET and its decoding: {ratio(alone, floor):.2f} ×", holds=ratio(alone, floor) <= 1.3)  # fmt: skip
        beside = added(both, limits, floor)
        verdict(f"with the limits, in their round trip ≤ 1.3 ×: {beside:.2f} ×", holds=beside <= 1.3)
        verdict(f"limits and session in {both.round_trips:.0f} round trip", holds=round(both.round_trips) == 1)
        best = min(rivals, key=lambda one: one.wall)
        verdict(f"{ratio(best, alone):.1f} × as fast as {best.name}", holds=ratio(best, alone) > 1)


def floors(app: Flask, person: Person) -> Iterator[Contestant]:
    """One GET of the same bytes as redis-py sends it, and their decoding."""
    client: Redis = connect(app.config["SETTINGS"], timeout_s=1)
    key = session_store.cache_key(cookie_of(person))
    assert person.get("/settings").status_code == 200
    assert orjson.loads(client.get(key))["version"] >= 1  # type: ignore[arg-type]

    def read() -> Any:  # Any: JSON
        return orjson.loads(client.get(key))  # type: ignore[arg-type]

    yield Contestant("floor: one GET and orjson.loads, redis-py alone", read)


def cookie_of(person: Person) -> str:
    """Return the id in somebody's browser."""
    found = person.client.get_cookie("qd")
    assert found is not None
    return found.value


def ours(app: Flask, person: Person) -> Iterator[Contestant]:
    """The session of a page: by itself, the limits by themselves, both, and who asks."""
    session_id = cookie_of(person)
    stand = Stand(app, "/settings", {"Cookie": f"qd={session_id}"})
    asks = stand.do(lambda: front.asks_of_request(app, front.request, maybe_principal()).asks)
    fill_windows(app, asks)
    found = stand.do(lambda: current_session().live)
    assert found is not None
    response = Response()

    def fresh() -> ConsoleSession:
        """Forget what this request knows of the session's data; who asks stays known."""
        mine = current_session()
        mine._values = None  # noqa: SLF001 (a request has it so)
        g.pop("read_beside", None)
        return mine

    def read_alone() -> object:
        return fresh()["csrf"]

    def count_alone() -> object:
        current_session()._values = {}  # noqa: SLF001 (looked at before: nothing to bring)
        return count_and_tell()

    def count_and_tell() -> Response:
        response.headers.clear()
        front.limiter._check_request_limit()  # noqa: SLF001 (its hook)
        return front.write_headers(response)

    def count_and_read() -> object:
        mine = fresh()
        count_and_tell()
        return mine["csrf"]

    yield Contestant("Quarterdeck: session by itself", lambda: stand.do(read_alone))
    yield Contestant("Quarterdeck: limits and headers of a page", lambda: stand.do(count_alone))
    yield Contestant("Quarterdeck: limits, headers and session", lambda: stand.do(count_and_read))
    yield Contestant("Quarterdeck: who asks, from PostgreSQL", lambda: stand.do(lambda: gate.find_session(session_id)))
    url = app.config["SETTINGS"].database_url.get_secret_value().replace("+psycopg", "")
    connection = psycopg.connect(url, autocommit=True)
    digest = hash_secret(session_id)
    yield Contestant(
        "the same statement, psycopg alone",
        lambda: connection.execute("SELECT auth_session(%s)", (digest,)).fetchone(),
    )


def theirs(app: Flask) -> Iterator[Contestant]:
    """Flask-Session on Redis: as it comes, and without its write of every request."""
    for refresh in (True, False):
        plain = Flask("theirs")
        client: Redis = connect(app.config["SETTINGS"], timeout_s=1)
        plain.config.update(SESSION_TYPE="redis", SESSION_REDIS=client, SESSION_REFRESH_EACH_REQUEST=refresh)
        FlaskSession(plain)
        client.set("session:somebody", msgspec.msgpack.encode({"csrf": "x" * 22, "keep": True, "_permanent": True}))
        stand = Stand(plain, "/", {"Cookie": "session=somebody"})
        name = f"Flask-Session {version('flask-session')}, {'as it comes' if refresh else 'no refresh'}"
        yield Contestant(name, lambda plain=plain, stand=stand: stand.do(open_and_save, plain, plain.session_interface))


def open_and_save(plain: Flask, interface: SessionInterface) -> object:
    """Do what Flask asks of an interface in every request, and look at one value."""
    from flask import request

    opened = interface.open_session(plain, request)
    assert opened is not None
    value = opened["csrf"]
    interface.save_session(plain, opened, Response())
    return value


if __name__ == "__main__":
    main()
