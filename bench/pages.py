"""The list of orders, signed in, beside Flask-Admin, Django's admin, and the least that can be done.

    bin/bench pages --orders 1000000 --companies 10000 --rounds 20

Starts its own PostgreSQL and Valkey. Every server is gunicorn with one gevent worker, all on the same rows; each is
asked ten times on end over a connection that stays open, then the next. Flask-Admin and Django count the list unless
told not to, so each has a row without. Processor time is of the server's processes, without PostgreSQL's.
"""

import argparse
import http.client
import os
import subprocess
import sys

from bench.pages_drive import GUNICORN, HOME, ROOT, Contestant, Server, drive, report
from bench.pages_installation import Installation, running_installation
from bench.peers import add_peers

OURS = ("gunicorn", "-c", "gunicorn.conf.py", "wsgi:app")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench pages", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20, help="of ten requests each")
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
    own = {**made.environment, "WEB_WORKERS": "1"}
    return {
        "ours": Server("Quarterdeck", OURS, own, made.folder),
        **{
            name: Server(name, (*GUNICORN, "--bind", "127.0.0.1:{port}", f"bench.pages_{name}:app"), made.for_peers, made.folder)
            for name in ("floor", "flask_admin", "django")
        },
    }  # fmt: skip


def contestants_of(made: Installation, servers: dict[str, Server]) -> list[Contestant]:
    """Return what is asked, the floor first; everybody is signed in where there is a door."""
    flask = {"Cookie": cookie_of(servers["flask_admin"], "/login")}
    django = {"Cookie": f"sessionid={django_session(made)}"}
    newest = b"<tr"
    return [
        Contestant("psycopg + Jinja, no sign-in", servers["floor"], "/orders", {}, newest),
        Contestant("Quarterdeck", servers["ours"], "/orders", {"Cookie": made.cookie}, newest),
        Contestant("Flask-Admin", servers["flask_admin"], "/admin/orders/", flask, newest),
        Contestant("Flask-Admin, simple_list_pager", servers["flask_admin"], "/admin/plain/", flask, newest),
        Contestant("Django admin", servers["django"], "/admin/orders/order/", django, newest),
        Contestant("Django admin, no count", servers["django"], "/admin/orders/plainorder/", django, newest),
    ]


def cookie_of(server: Server, path: str) -> str:
    """Sign in; return the cookie."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("GET", path)
    return (connection.getresponse().getheader("Set-Cookie") or "").partition(";")[0]


def django_session(made: Installation) -> str:
    """Make Django's tables in a schema of their own, and a session."""
    import psycopg

    with psycopg.connect(made.superuser, autocommit=True) as sql:
        sql.execute("CREATE SCHEMA IF NOT EXISTS django")
    path = os.pathsep.join([str(ROOT), *sys.path[1:], str(HOME)])
    command = [sys.executable, "-c", "from bench.pages_django import prepare; prepare()"]
    environment = {**os.environ, **made.for_peers, "PYTHONPATH": path}
    return subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


if __name__ == "__main__":
    main()
