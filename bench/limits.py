"""Three limits and their headers, ours beside Flask-Limiter's own, over the floor of one EVALSHA.

    bin/bench limits [--rounds 30] [--asks 400]

Each contestant is what its extension does of a request that is already there: the hook before the view, and the
headers after it. Their windows are as full as after a minute of steady use. Starts its own PostgreSQL and Valkey.
"""

import argparse
import struct
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from importlib.metadata import version
from pathlib import Path

from flask import Flask, Response, request
from flask.globals import request_ctx
from flask_limiter import Limiter
from redis import Redis

from app import create_app
from app.core.auth import maybe_principal
from app.core.redis import connect, send
from app.limits import front
from app.limits.front import asks_of_request, write_headers
from app.limits.script import SCRIPT, SLICES
from app.limits.window import Ask, Bill, script_arguments
from bench.turns import Contestant, ratio, report, take_turns, verdict
from tests import stage
from tests.services import running_services
from tests.world import Person, World, kept_superuser

WIDE = {"LIMIT_API": "100000000/min", "LIMIT_BURST": "1000000/s", "LIMIT_GLOBAL": "100000000/min"}
THEIRS = ["100000000/minute", "1000000/second", "200000000/minute"]
# What `limits` 5.8 runs for one fixed window: the least an EVALSHA that counts can do.
FLOOR = """
local current
local amount = tonumber(ARGV[2])
current = redis.call("incrby", KEYS[1], amount)
if tonumber(current) == amount then redis.call("expire", KEYS[1], ARGV[1]) end
return current
"""


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench limits", description=__doc__)
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--asks", type=int, default=400, help="of a contestant, a round")
    options = parser.parse_args()
    with running_app(WIDE) as (app, person):
        contestants = [*floors(app), ours(app, person), *theirs(app)]
        take_turns(contestants, rounds=options.rounds, asks=options.asks)
        floor, script, packed, mine = contestants[:4]
        report(contestants, floor)
        verdict(
            f"three limits with headers ≤ 1.5 × one EVALSHA: {ratio(mine, floor):.2f} ×",
            holds=ratio(mine, floor) <= 1.5,
        )
        verdict(f"over one EVALSHA of its own script: {ratio(mine, script):.2f} ×", holds=ratio(mine, script) <= 1.5)
        print(f"       of which counting, as the product sends it: {ratio(packed, floor):.2f} ×")
        verdict(f"round trips: {mine.round_trips:.0f}", holds=mine.round_trips <= 1)
        best = min(contestants[4:], key=lambda one: one.wall)
        verdict(f"{ratio(best, mine):.1f} × as fast as {best.name}", holds=ratio(best, mine) > 1)


@contextmanager
def running_app(more: dict[str, str]) -> Iterator[tuple[Flask, Person]]:
    """An app on servers of its own, and somebody signed in."""
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        stage.migrate(urls, services.redis_url, Path(folder))
        environment = {**stage.environment_for(urls, services.redis_url, Path(folder)), "LOG_LEVEL": "ERROR", **more}
        app = create_app(stage.settings_from(environment))
        superuser = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        try:
            yield app, World(app, kept_superuser(superuser)).harbour("company_admin")
        finally:
            stage.let_go(app)


def floors(app: Flask) -> list[Contestant]:
    """One EVALSHA, as redis-py sends it: of the shortest script that counts, and of ours; and ours as the product does."""
    client: Redis = connect(app.config["SETTINGS"], timeout_s=1)
    sha, ours = client.script_load(FLOOR), client.script_load(SCRIPT)
    asks = [Ask(name, "somebody", 10**8, window_s) for name, window_s in (("api", 60), ("burst", 1), ("global", 60))]
    fill_windows(app, asks)
    (keys, argument), packed = script_arguments(asks), Bill.of(asks).alone
    return [
        Contestant("floor: one EVALSHA, redis-py alone", lambda: client.evalsha(sha, 1, "floor", 60, 1)),
        Contestant(
            "one EVALSHA of our script, redis-py alone", lambda: client.evalsha(ours, len(keys), *keys, argument)
        ),
        Contestant("one EVALSHA of our script, sent packed", lambda: send(client, packed)),
    ]


def ours(app: Flask, person: Person) -> Contestant:
    """The front of the product, for somebody signed in: api, burst and global."""
    cookie = person.client.get_cookie("qd")
    assert cookie is not None
    stand = Stand(app, "/api/user", {"Cookie": f"qd={cookie.value}"})
    asks = stand.do(lambda: asks_of_request(app, request, maybe_principal()).asks)
    assert len(asks) == 3, asks
    fill_windows(app, asks)
    response = stand.ask_of(front.limiter, write_headers)()
    assert response.headers["RateLimit-Policy"].startswith('"api";q=100000000'), response.headers
    return Contestant("Quarterdeck: 3 limits, headers", stand.ask_of(front.limiter, write_headers))


def fill_windows(app: Flask, asks: Sequence[Ask]) -> None:
    """Leave in Valkey what a minute of steady use leaves there: a count in every slice."""
    with connect(app.config["SETTINGS"], timeout_s=1) as client:
        for ask, key in zip(asks, script_arguments(asks)[0], strict=True):
            newest = int(time.time() * SLICES / ask.window_s)
            older = [figure for n in range(SLICES - 1, 0, -1) for figure in (newest - n, 20)]
            figures = [20 * SLICES, 20, newest, *older]
            client.set(key, struct.pack(f"<{len(figures)}d", *figures), px=ask.window_s * 1100)


def theirs(app: Flask) -> Iterator[Contestant]:
    """Flask-Limiter with the same limits, its own strategies and its own headers."""
    for strategy in ("fixed-window", "sliding-window-counter", "moving-window"):
        plain = Flask("theirs")
        plain.add_url_rule("/user", "user", lambda: "")
        limiter = Limiter(
            key_func=lambda: "somebody",
            app=plain,
            default_limits=THEIRS,
            storage_uri=app.config["SETTINGS"].redis_url.get_secret_value(),
            strategy=strategy,
            headers_enabled=True,
            key_prefix=strategy,
        )
        ask = Stand(plain, "/user", {}).ask_of(limiter)
        assert ask().headers["X-RateLimit-Limit"] in {"1000000", "100000000"}
        yield Contestant(f"Flask-Limiter {version('flask-limiter')}: {strategy}, 3 limits, headers", ask)


class Stand:
    """A request of one app that stays open, beside those of others."""

    def __init__(self, app: Flask, path: str, headers: dict[str, str]) -> None:
        self.app, self.context = app, copy_context()
        self.do = self.context.run
        request = app.test_request_context(path, headers=headers)
        self.do(request.push)

    def ask_of(self, limiter: Limiter, *after: Callable[[Response], Response]) -> Callable[[], Response]:
        """Return what the extension does of one request: its hook before the view, the headers after it."""
        functions = [one for one in self.app.after_request_funcs[None] if "inject_headers" in repr(one)] + list(after)

        response = Response()

        def ask() -> Response:
            response.headers.clear()
            limiter._check_request_limit()  # noqa: SLF001 (its hook)
            for function in functions:
                function(response)
            if limiter is not front.limiter:
                vars(request_ctx._get_current_object()).pop("_limiter_request_context", None)  # noqa: SLF001
            return response

        return lambda: self.do(ask)


if __name__ == "__main__":
    main()
