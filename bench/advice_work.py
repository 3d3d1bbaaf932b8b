"""What the product sends for its pages, recorded with the values it sent, and what each statement costs on the tables."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg.rows import dict_row

from app.queries.advisor.types import Query
from tests.world import Person

TABLES = ("orders", "order_lines", "items", "stock_movements", "shipments")
PARAMETER = re.compile(r"%\((\w+)\)s|%%")
# Page, and how often it is asked for beside the others.
PAGES = (
    ("/orders", 60), ("/orders?view=open", 40), ("/orders?view=late", 20), ("/orders?view=returns", 10),
    ("/orders?state=cancelled", 8), ("/orders?sort=-total", 8), ("/orders?sort=placed", 8), ("/orders?q=Amelia", 15),
    ("/orders?q=WEB-1000", 10), ("/orders?q=SKU-00042", 10), ("/orders/900", 60), ("/orders/1200", 60), ("/inventory", 40),
    ("/inventory?sort=available", 10), ("/inventory?sort=updated", 8), ("/inventory?sort=name", 8), ("/inventory?q=Thing", 8),
    ("/inventory?category=Kind+3", 8), ("/inventory?view=archived", 4), ("/inventory?view=assets", 4),
    ("/orders?sort=due", 8), ("/orders?q=amelia.hart42@example.test", 8), ("/inventory/SKU-00042", 30), ("/", 20),
)  # fmt: skip


@dataclass
class Sent:
    """A statement that was sent, with one set of its values."""

    text: str
    values: dict[str, Any]
    calls: int
    rows: int = 0
    ms: float = 0.0
    blocks: int = 0

    @property
    def query(self) -> Query:
        """As the advisor takes it."""
        numbers: dict[str, int] = {}

        def number(found: re.Match[str]) -> str:
            return "%" if found[0] == "%%" else f"${numbers.setdefault(found[1], len(numbers) + 1)}"

        text = PARAMETER.sub(number, self.text)
        return Query(
            str(abs(hash(self.text))),
            text,
            "select",
            self.calls,
            self.ms * self.calls,
            self.rows * self.calls,
            self.blocks * self.calls,
        )


def record_pages(person: Person) -> list[Sent]:
    """Ask every page once, and return what the app login sent for it, weighted by how often it is asked for."""
    seen: dict[str, Sent] = {}
    weight = [0]

    def keep(connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool) -> None:  # noqa: FBT001 (SQLAlchemy's own)
        is_ours = connection.engine.url.username == "qd_app" and isinstance(values, dict) and not many
        is_read = statement.startswith(("SELECT", "WITH")) and "FOR UPDATE" not in statement
        if is_ours and is_read and any(f" {name}" in statement for name in TABLES):
            seen.setdefault(statement, Sent(statement, dict(values), 0)).calls += weight[0]

    sa.event.listen(sa.Engine, "before_cursor_execute", keep)
    try:
        for path, weight[0] in PAGES:
            answer = person.get(path)
            if answer.status_code != 200:
                print(f"{path}: {answer.status_code}")
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", keep)
    return [one for one in seen.values() if one.calls]


@contextmanager
def as_app(url: str, company: int) -> Iterator[psycopg.Connection[Any]]:
    """A connection with the app's rights and the policies of one company, whose time is not limited."""
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        connection.execute("SELECT set_config('qd.company_id', %s, false)", [str(company)])
        connection.execute("SET ROLE qd_app")
        connection.execute("SET jit = off")
        yield connection


def measure(connection: psycopg.Connection[Any], work: Sequence[Sent], rounds: int = 2) -> dict[str, tuple[float, int]]:
    """Run each statement with its values; return text → (fewest ms, blocks of the last run)."""
    found = {}
    for sent in work:
        best, blocks = float("inf"), 0
        for _ in range(rounds):
            [plan] = run(connection, sent)
            best, blocks = min(best, plan["Execution Time"]), blocks_of(plan["Plan"])
            sent.rows = int(plan["Plan"]["Actual Rows"])
        found[sent.text] = (best, blocks)
    return found


def run(connection: psycopg.Connection[Any], sent: Sent) -> list[dict[str, Any]]:
    """Run one statement under EXPLAIN."""
    row = connection.execute(
        ("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) " + sent.text).encode(), sent.values
    ).fetchone()
    assert row is not None
    plan: list[dict[str, Any]] = row["QUERY PLAN"]
    return plan


def blocks_of(plan: dict[str, Any]) -> int:
    """Return the blocks a plan touched."""
    return int(
        plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] + plan["Temp Read Blocks"] + plan["Temp Written Blocks"]
    )
