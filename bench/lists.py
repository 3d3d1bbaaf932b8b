"""Lists and search at scale, logged in, inside one process: what the server needs, without the network.

bin/flask bench generate --orders 1000000 --companies 10000
bin/bench lists
"""

import os
import statistics
import sys
import time

from sqlalchemy import event

from app import create_app
from app.accounts import gate
from app.core.db import db
from app.core.memory import settle_memory
from app.core.tenancy import acting_for
from app.orders.reads import list_orders
from app.orders.reads.filter import OrderFilter

ROUNDS = 100
PAGE = 50
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
SEARCHES = ("Amelia", "hart", "WEB-1000", "SKU-00042", "48204")


def main() -> None:
    for name in ("API", "PAGE", "SEARCH", "GLOBAL", "IP", "BURST"):
        os.environ.setdefault(f"LIMIT_{name}", "1000000/min")
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    app = create_app()
    settle_memory()
    client = app.test_client()
    secret = app.config["SETTINGS"].demo_password
    login = {"email": "bench@demo.test", "password": secret.get_secret_value() if secret else ""}
    if client.post("/api/login", json=login, headers=SAME_ORIGIN).status_code != 200:
        sys.exit("bench@demo.test cannot sign in: run flask bench generate with DEMO_PASSWORD set")
    with app.app_context():
        company = gate.find_company("bench-00000")
        assert company is not None
        with acting_for(company.id):
            cursor = position(1000)
            deep = f"&after={cursor}" if cursor else ""
            plans = {name: explain(OrderFilter(**wanted)) for name, wanted in LISTS.items()}
    print(f"{'':34}{'p50 ms':>10}{'p95 ms':>10}   n={ROUNDS}")
    measure(client, "orders page 1", "/orders")
    measure(client, "orders page 1,000", f"/orders?{deep}")
    measure(client, "orders page 1, JSON", "/api/orders?limit=50")
    measure(client, "orders page 1,000, JSON", f"/api/orders?limit=50{deep}")
    for view in ("open", "late", "returns"):
        measure(client, f"orders {view}", f"/orders?view={view}")
    measure(client, "inventory page 1", "/inventory")
    for text in SEARCHES:
        measure(client, f"search {text}", f"/orders?q={text}")
    for name, plan in plans.items():
        print(f"\n-- {name}\n{plan}")


LISTS = {
    "newest first": {}, "late": {"view": "late"}, "one state": {"state": "cancelled"}, "by total": {"sort": "-total"},
    "by day": {"sort": "placed"}, "search": {"q": "Amelia"},
}  # fmt: skip


def position(pages: int) -> str | None:
    """Return the cursor after so many pages, by walking them in large steps."""
    after: str | None = None
    for _ in range(pages * PAGE // 200):
        after = list_orders(OrderFilter(limit=200, after=after)).next_cursor
        if after is None:
            return None
    return after


def measure(client, name: str, path: str) -> None:
    """Ask often and print the middle and the slow end."""
    times = []
    for _ in range(ROUNDS + 3):
        started = time.perf_counter()
        status = client.get(path).status_code
        times.append((time.perf_counter() - started) * 1000)
        assert status == 200, (path, status)
    times = times[3:]
    print(f"{name:34}{statistics.median(times):10.1f}{statistics.quantiles(times, n=20)[18]:10.1f}", flush=True)


def explain(wanted: OrderFilter) -> str:
    """Return the plan of a list as it really runs: the app's login, the policies, the parameters."""
    seen = []

    def keep(connection, cursor, statement, parameters, context, many) -> None:
        if "FROM orders" in statement and "ORDER BY" in statement:
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", keep)
    list_orders(wanted)
    event.remove(db.engine, "before_cursor_execute", keep)
    statement, parameters = seen[-1]
    raw = db.session.connection().connection.cursor()
    raw.execute("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, SUMMARY OFF) " + statement, parameters)
    plan = "\n".join(row[0] for row in raw.fetchall())
    db.session.rollback()
    return plan


if __name__ == "__main__":
    main()
