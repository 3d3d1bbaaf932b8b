"""First step of an import: the lines of the file, as they are, into `import_lines`, in batches.

A batch is one transaction, and writing a line twice changes nothing, so a run that was killed is repeated
safely. PostgreSQL refuses COPY into a table under row-level security: COPY fills a temporary table, and
INSERT … SELECT goes through the policies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import sqlalchemy as sa

from app.core.bulk import MORE_TIME, copy_rows
from app.core.db import db, transaction
from app.core.tasks import progress
from app.core.tenancy import current_company_id
from app.orders.imports.files import SourceFile, open_rows
from app.orders.imports.models import import_skips
from app.orders.imports.report import Tally
from app.orders.imports.sales import COLUMNS, Line, Skip, read_lines

BATCH_LINES = 10_000

CREATE = """CREATE TEMPORARY TABLE batch (
    line_no bigint, invoice_no text, ordinal integer, kind text, sku text, description text, quantity bigint,
    unit_price numeric(14,4), invoiced_at timestamp, customer_ref text, country text) ON COMMIT DROP"""
COPY = "COPY batch FROM STDIN"
# Goods sold make an invoice a sale, whatever else stands on it. One that is an order already stays as it is.
INVOICES = """
    INSERT INTO import_invoices AS known (company_id, source, invoice_no, import_id, kind, first_at)
    SELECT :company, :source, invoice_no, :import_id,
           CASE WHEN bool_or(kind IN ('sale', 'free')) THEN 'sale' ELSE min(kind) END, min(invoiced_at)
    FROM batch GROUP BY invoice_no ORDER BY invoice_no
    ON CONFLICT (company_id, source, invoice_no) DO UPDATE
    SET first_at = least(known.first_at, excluded.first_at),
        kind = CASE WHEN excluded.kind = 'sale' THEN 'sale' ELSE known.kind END
    WHERE known.order_number IS NULL
      AND (known.first_at > excluded.first_at OR (excluded.kind = 'sale' AND known.kind <> 'sale'))"""
LINES = """
    INSERT INTO import_lines (company_id, source, invoice_no, ordinal, kind, sku, description, quantity, unit_price,
                              invoiced_at, customer_ref, country)
    SELECT :company, :source, b.invoice_no, b.ordinal, b.kind, b.sku, b.description, b.quantity, b.unit_price,
           b.invoiced_at, b.customer_ref, b.country
    FROM batch b JOIN import_invoices i ON i.source = :source AND i.invoice_no = b.invoice_no
    WHERE i.order_number IS NULL
    ON CONFLICT DO NOTHING"""
LATE_WORDS = "Its invoice is an order already, imported before without this line."
CHANGED_WORDS = "It differs from the same line imported before; the earlier one was kept."
LEFT_OUT = """
    INSERT INTO import_skips (company_id, import_id, line_no, reason, line)
    SELECT :company, :import_id, b.line_no, CASE WHEN l.sku IS NULL THEN :late ELSE :changed END,
           concat_ws(',', b.invoice_no, b.sku, b.description, b.quantity, b.unit_price)
    FROM batch b LEFT JOIN import_lines l ON l.source = :source AND l.invoice_no = b.invoice_no AND l.ordinal = b.ordinal
    WHERE l.sku IS NULL OR (l.sku, l.quantity, l.unit_price) IS DISTINCT FROM (b.sku, b.quantity, b.unit_price)
    ON CONFLICT DO NOTHING RETURNING reason"""


@dataclass
class Staged:
    """What the first step found and wrote."""

    tally: Tally
    new_lines: int = 0
    known_lines: int = 0
    late_lines: int = 0
    changed_lines: int = 0


def stage_lines(file: SourceFile, *, import_id: str, source: str) -> Staged:
    """Write every usable line of the file, and account for all of them.

    Raises:
        WrongHeader: The file has other columns.
        TooManyBadLines: It is not a sales file.
    """
    staged = Staged(Tally())
    names = {"company": current_company_id(), "source": source, "import_id": import_id}
    with open_rows(file, COLUMNS) as rows:
        found = read_lines(rows)
        while batch := list(islice(found, BATCH_LINES)):
            for _, one in batch:
                staged.tally.add(one)
            with transaction() as session:
                session.execute(MORE_TIME)
                _write_skips([one for _, one in batch if isinstance(one, Skip)], names)
                _write_lines([(no, one) for no, one in batch if isinstance(one, Line)], names, staged)
            progress(
                staged.tally.line_count, max(file.line_count, staged.tally.line_count), "Step 1 of 2: reading lines"
            )
    return staged


def _write_lines(batch: Sequence[tuple[int, Line]], names: dict[str, Any], staged: Staged) -> None:
    if not batch:
        return
    db.session.execute(sa.text(CREATE))
    copy_rows(COPY, ((line_no, *line) for line_no, line in batch))
    db.session.execute(sa.text("ANALYZE batch"))
    db.session.execute(sa.text(INVOICES), names)
    new = db.session.execute(sa.text(LINES), names).rowcount  # type: ignore[attr-defined]
    staged.new_lines += new
    if new == len(batch):
        return
    reasons = db.session.scalars(sa.text(LEFT_OUT), {**names, "late": LATE_WORDS, "changed": CHANGED_WORDS}).all()
    late = reasons.count(LATE_WORDS)
    staged.late_lines += late
    staged.changed_lines += len(reasons) - late
    staged.known_lines += len(batch) - new - late


def _write_skips(skips: Sequence[Skip], names: dict[str, Any]) -> None:
    if skips:
        statement = sa.dialects.postgresql.insert(import_skips).on_conflict_do_nothing()
        fixed = {"company_id": names["company"], "import_id": names["import_id"]}
        db.session.execute(statement, [{**skip._asdict(), **fixed} for skip in skips])
