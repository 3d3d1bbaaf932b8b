"""Every question to the audit goes by an index, inside one company and over all of them."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit import reads
from app.audit.schemas import AuditQuery
from app.core.db import db
from app.core.tenancy import acting_for, platform_reads
from tests.services import Services
from tests.stage import TEMPLATE, environment_for, let_go, settings_from

pytestmark = pytest.mark.slow
ROWS = 200_000
FILL = f"""
INSERT INTO audit (company_id, id, topic, seq, type, row_id, actor_id, actor, data, request_id, occurred_at)
SELECT CASE WHEN n % 4 = 0 THEN 1000 ELSE 1000 + n % 50 END, lpad(n::text, 26, '0'),
       CASE WHEN n % 10 = 0 THEN 'inventory' WHEN n % 5000 = 1 THEN 'accounts' ELSE 'orders' END, n,
       CASE WHEN n % 10 = 0 THEN 'inventory.updated' WHEN n % 5000 = 1 THEN 'token.created' ELSE 'order.created' END,
       (n % 20000)::text, 'U' || n % 300, '{{"name": "Somebody"}}', '{{}}', 'R' || n / 3, now()
FROM generate_series(1, {ROWS}) n
"""
QUERIES = [
    {}, {"who": "U7"}, {"topic": "orders"}, {"topic": "accounts"}, {"type": "order.created"}, {"type": "token.created"},
    {"row": "177"}, {"topic": "orders", "row": "177"}, {"request": "R99"}, {"q": "R99"}, {"q": "177"},
    {"from": "2026-01-01", "to": "2026-01-02"}, {"who": "U7", "topic": "orders"},
]  # fmt: skip


@pytest.fixture(scope="module")
def full(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An installation with 200,000 entries of 50 companies."""
    from app import create_app

    urls = services.create_database(template=TEMPLATE)
    name = urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0]
    with psycopg.connect(services.superuser_url(name), autocommit=True) as sql:
        sql.execute(
            "INSERT INTO companies (id, public_id, slug, name, type) OVERRIDING SYSTEM VALUE "
            "SELECT n, 'C' || n, 'c-' || n, 'C', 'retailer' FROM generate_series(1000, 1049) n"
        )
        sql.execute(FILL)
        sql.execute("ANALYZE")
    app = create_app(
        settings_from(environment_for(urls, services.worker_redis_url(0), tmp_path_factory.mktemp("full")))
    )
    yield app
    let_go(app)


@pytest.mark.parametrize("query", QUERIES, ids=str)
@pytest.mark.parametrize("scope", ["company", "platform"])
def test_no_question_reads_the_whole_table(full: Flask, query: dict[str, str], scope: str) -> None:
    with full.test_request_context(), acting_for(1000) if scope == "company" else platform_reads():
        seen = watched(lambda: reads.list_entries(AuditQuery.model_validate(query)))
    plan, buffers = seen
    assert "Seq Scan on audit" not in plan, plan
    assert buffers < 2_500, plan  # 20 MB of pages at the very most; the table has more


def watched(ask: object) -> tuple[str, int]:
    """Run a question once more under EXPLAIN; return its plan and the pages it touched."""
    assert callable(ask)
    statements: list[tuple[str, Any]] = []

    def keep(connection: object, cursor: object, statement: str, parameters: Any, *rest: object) -> None:
        if "FROM audit" in statement:
            statements.append((statement, parameters))

    sa.event.listen(sa.Engine, "before_cursor_execute", keep)
    try:
        ask()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", keep)
    statement, parameters = statements[-1]
    rows = db.session.connection().exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters).all()
    plan = "\n".join(row[0] for row in rows)
    hits = re.search(r"Buffers: shared(?: hit=(\d+))?(?: read=(\d+))?", plan)
    return plan, sum(int(n or 0) for n in hits.groups()) if hits else 0
