"""`GET /api/orders?limit=50` by token, with its limits, beside the least that can be done and FastAPI with SQLAlchemy.

    bin/bench json --orders 100000 --rounds 30

Starts its own PostgreSQL and Valkey. FastAPI runs on uvicorn with uvloop and httptools, the others on gunicorn with one
gevent worker. Processor time is of the server's processes, without PostgreSQL's and Valkey's.
"""

import argparse

from bench.pages import OURS
from bench.pages_drive import GUNICORN, Contestant, Server, drive, report
from bench.pages_installation import Installation, running_installation
from bench.peers import add_peers

PATH = "/api/orders?limit=50"
UVICORN = ("uvicorn", "bench.json_fastapi:app", "--port", "{port}", "--log-level", "warning", "--no-access-log")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench json", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=30, help="of ten requests each")
    options = parser.parse_args()
    add_peers()
    with running_installation(options.orders, options.companies) as made:
        servers = servers_of(made)
        try:
            for server in servers.values():
                server.start()
            contestants = contestants_of(made, servers)
            drive(contestants, options.rounds)
            report(contestants)
        finally:
            for server in servers.values():
                server.stop()


def servers_of(made: Installation) -> dict[str, Server]:
    """Return who is measured."""
    floor = (*GUNICORN, "--bind", "127.0.0.1:{port}", "bench.pages_floor:app")
    return {
        "floor": Server("floor", floor, made.for_peers, made.folder),
        "ours": Server("Quarterdeck", OURS, {**made.environment, "WEB_WORKERS": "1"}, made.folder),
        "fastapi": Server("FastAPI", UVICORN, made.for_peers, made.folder),
    }


def contestants_of(made: Installation, servers: dict[str, Server]) -> list[Contestant]:
    """Return what is asked, the floor first."""
    token, item = {"Authorization": f"Bearer {made.token}"}, b'"placedAt"'
    return [
        Contestant("Flask + psycopg + orjson, no token", servers["floor"], PATH, {}, item),
        Contestant("Quarterdeck, token and limits", servers["ours"], PATH, token, item),
        Contestant("FastAPI + SQLAlchemy, token", servers["fastapi"], PATH, token, item),
        Contestant("FastAPI + SQLAlchemy, no token", servers["fastapi"], "/plain/orders?limit=50", {}, item),
    ]


if __name__ == "__main__":
    main()
