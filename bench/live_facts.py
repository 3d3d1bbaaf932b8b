"""What the live measurements tell about: one small fact of 300 bytes, with a row that can be pushed."""

import time

import sqlalchemy as sa
from flask import Flask

from app.core import live
from app.core.db import db, transaction
from app.core.ids import CompanyId
from app.core.live import Row
from app.core.outbox import Fact, record
from app.core.rls import COMPANY
from app.core.tenancy import current_company_id

TOPIC = "bench"
PAD = "x" * 180
ROWS = 50
TABLE = f"""
CREATE TABLE bench_rows (company_id bigint, number bigint, version bigint NOT NULL, PRIMARY KEY (company_id, number));
ALTER TABLE bench_rows ENABLE ROW LEVEL SECURITY;
ALTER TABLE bench_rows FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE ON bench_rows TO qd_app;
GRANT SELECT ON bench_rows TO qd_explain, qd_backup;
CREATE POLICY company_rows ON bench_rows TO qd_app USING ({COMPANY}) WITH CHECK ({COMPANY});
CREATE POLICY explain_reads ON bench_rows FOR SELECT TO qd_explain USING ({COMPANY})
"""
READ = sa.text("SELECT number, version FROM bench_rows WHERE company_id = :company AND number = ANY(:numbers)")
WRITE = sa.text(
    "INSERT INTO bench_rows VALUES (:company, :number, :version) "
    "ON CONFLICT (company_id, number) DO UPDATE SET version = excluded.version"
)


class BenchTold(Fact, type="bench.told", topic=TOPIC, row="number"):
    """A row of the measurement got a version.

    Attributes:
        at: When it was made, in microseconds of the machine's monotonic clock.
    """

    number: int
    at: int
    step: int
    pad: str = PAD


def micros() -> int:
    """Return the machine's monotonic clock, the same in every process, in microseconds."""
    return time.monotonic_ns() // 1000


def tell(company_id: CompanyId, steps: range) -> None:
    """Change rows and record the facts in one transaction, as an act of the product does; a scope is set already."""
    numbers = {step % ROWS: step for step in steps}
    with transaction():
        db.session.execute(
            WRITE, [{"company": company_id, "number": n, "version": version} for n, version in sorted(numbers.items())]
        )
        for step in steps:
            record(BenchTold(number=step % ROWS, at=micros(), step=step), version=step)


def render_rows(row_ids: list[str]) -> list[Row]:
    """Render rows as the product does: by key, as they are now."""
    wanted = {"company": current_company_id(), "numbers": [int(row_id) for row_id in row_ids]}
    return [
        Row(f"bench-{number}", version, f'<tr id="bench-{number}" data-v="{version}"><td>{version}</td></tr>')
        for number, version in db.session.execute(READ, wanted)
    ]


def init_bench(app: Flask) -> None:
    """Make the topic readable to whoever may read orders."""
    live.topic(TOPIC, permission="orders:read", rows=render_rows)
