"""Second step of an import: invoices become orders, oldest first, in batches that can be resumed.

An invoice and its order are tied in the transaction that makes the order, so no run makes a second one, and
a run that was killed goes on with the same numbers an unbroken one would have given.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.core import clock, money
from app.core.bulk import MORE_TIME, copy_rows
from app.core.db import db, transaction
from app.core.tasks import progress
from app.core.tenancy import current_company_id
from app.orders.service.numbers import allocate_numbers

BATCH_INVOICES = (
    250  # the order counter is locked for the time of one batch: whoever places an order beside us waits that long
)
WAITING = "source = :source AND order_number IS NULL AND kind IN ('sale', 'return')"
COUNT = f"SELECT count(*) FROM import_invoices WHERE {WAITING}"
PICK = f"SELECT invoice_no FROM import_invoices WHERE {WAITING} ORDER BY first_at, invoice_no LIMIT {BATCH_INVOICES} FOR UPDATE"
ITEMS = """
    INSERT INTO items (company_id, sku, name, category, unit_price)
    SELECT :company, sku,
           left(coalesce((array_agg(description ORDER BY invoiced_at, invoice_no, ordinal)
                          FILTER (WHERE description <> ''))[1], sku), 200),
           'Imported',
           coalesce((array_agg(unit_price ORDER BY invoiced_at, invoice_no, ordinal) FILTER (WHERE kind = 'sale'))[1], 0)
    FROM import_lines l
    WHERE source = :source AND kind IN ('sale', 'free', 'return')
      AND NOT EXISTS (SELECT FROM items i WHERE i.sku = l.sku)
    GROUP BY sku ORDER BY sku
    ON CONFLICT (company_id, sku) DO NOTHING"""
PICKED = """
    CREATE TEMPORARY TABLE picked ON COMMIT DROP AS
    SELECT p.number, i.invoice_no, i.kind, i.first_at AT TIME ZONE :zone AS at
    FROM unnest(cast(:invoices AS text[]), cast(:numbers AS bigint[])) AS p(invoice_no, number)
    JOIN import_invoices i ON i.source = :source AND i.invoice_no = p.invoice_no"""
LINES = """
    CREATE TEMPORARY TABLE made ON COMMIT DROP AS
    SELECT p.number, row_number() OVER (PARTITION BY p.number ORDER BY l.ordinal)::integer AS line_no, i.id AS item_id, l.sku,
           CASE WHEN l.description = '' THEN i.name ELSE l.description END AS name, l.quantity, l.unit_price,
           round(l.quantity * l.unit_price * :scale)::bigint AS amount_minor, l.customer_ref, l.country
    FROM picked p
    JOIN import_lines l ON l.source = :source AND l.invoice_no = p.invoice_no AND l.kind IN ('sale', 'free', 'return')
    JOIN items i ON i.sku = l.sku"""
ORDERS = """
    INSERT INTO orders (company_id, number, state, customer_name, customer_ref, currency, total_minor, line_count, unit_count,
                        source, external_ref, placed_at, due_at, paid_at, packed_at, shipped_at, delivered_at, returned_at,
                        updated_at)
    SELECT :company, p.number, s.state,
           concat_ws(', ', CASE WHEN m.customer = '' THEN 'Unnamed customer' ELSE 'Customer ' || m.customer END,
                     nullif(m.country, '')),
           nullif(m.customer, ''), :currency, m.total, m.lines, m.units, :source, p.invoice_no, p.at, p.at,
           s.sold, s.sold, s.sold, s.sold, CASE WHEN s.sold IS NULL THEN p.at END, :now
    FROM picked p
    JOIN (SELECT number, max(customer_ref) AS customer, max(country) AS country, sum(amount_minor) AS total,
                 count(*) AS lines, sum(quantity) AS units FROM made GROUP BY number) m USING (number)
    CROSS JOIN LATERAL (SELECT CASE p.kind WHEN 'sale' THEN 'delivered' ELSE 'returned' END AS state,
                               CASE p.kind WHEN 'sale' THEN p.at END AS sold) s
    ORDER BY p.number"""
ORDER_LINES = """
    INSERT INTO order_lines (company_id, order_number, line_no, item_id, sku, name, quantity, unit_price, amount_minor, shipped)
    SELECT :company, number, line_no, item_id, sku, name, quantity, unit_price, amount_minor, greatest(quantity, 0)
    FROM made ORDER BY number, line_no"""
TIE = """
    UPDATE import_invoices i SET order_number = p.number FROM picked p
    WHERE i.source = :source AND i.invoice_no = p.invoice_no"""
# A return belongs to an order when exactly one earlier order of that customer holds all it brings back.
# In steps, each analysed: the tables were filled a moment ago, and a plan made for empty ones takes minutes.
BROUGHT_BACK = """
    CREATE TEMPORARY TABLE brought_back ON COMMIT DROP AS
    SELECT i.order_number, i.first_at, l.customer_ref, l.sku, -sum(l.quantity) AS units
    FROM import_invoices i JOIN import_lines l ON l.source = i.source AND l.invoice_no = i.invoice_no
    WHERE i.source = :source AND i.kind = 'return' AND i.order_number IS NOT NULL AND i.linked_number IS NULL
      AND l.customer_ref <> ''
    GROUP BY 1, 2, 3, 4"""
SOLD = """
    CREATE TEMPORARY TABLE sold ON COMMIT DROP AS
    SELECT i.order_number, i.first_at, l.customer_ref, l.sku, sum(l.quantity) AS units
    FROM import_invoices i JOIN import_lines l ON l.source = i.source AND l.invoice_no = i.invoice_no
    WHERE i.source = :source AND i.kind = 'sale' AND i.order_number IS NOT NULL AND l.kind IN ('sale', 'free')
      AND (l.customer_ref, l.sku) IN (SELECT customer_ref, sku FROM brought_back)
    GROUP BY 1, 2, 3, 4"""
LINK = """
    WITH found AS (
        SELECT b.order_number AS back, s.order_number AS original, count(*) AS skus
        FROM brought_back b JOIN sold s ON s.customer_ref = b.customer_ref AND s.sku = b.sku
         AND s.units >= b.units AND s.first_at <= b.first_at
        GROUP BY 1, 2),
    whole AS (
        SELECT f.back, f.original FROM found f
        JOIN (SELECT order_number, count(*) AS skus FROM brought_back GROUP BY 1) n
          ON n.order_number = f.back AND n.skus = f.skus),
    only_one AS (SELECT back, min(original) AS original FROM whole GROUP BY back HAVING count(*) = 1)
    UPDATE import_invoices i SET linked_number = o.original FROM only_one o
    WHERE i.source = :source AND i.order_number = o.back
    RETURNING i.order_number, i.linked_number"""
NOTE = """
    INSERT INTO order_notes (company_id, order_number, note_no, text, author, created_at, dedupe_key)
    VALUES (:company, :number, 1, :text, 'Import', :now, 'import-link') ON CONFLICT DO NOTHING"""
SUMS = """
    SELECT count(*) AS orders, coalesce(sum(o.total_minor), 0) AS total
    FROM named n JOIN import_invoices i ON i.source = :source AND i.invoice_no = n.invoice_no
    JOIN orders o ON o.number = i.order_number"""


@dataclass(frozen=True)
class Ground:
    """What every order of an import shares."""

    source: str
    currency: str
    zone: str

    def names(self) -> dict[str, Any]:
        """Return the values statements refer to."""
        return {
            "company": current_company_id(), "source": self.source, "currency": self.currency, "zone": self.zone,
            "scale": 10 ** money.scale(self.currency), "now": clock.now(),
        }  # fmt: skip


def create_items(ground: Ground) -> int:
    """Create the items the lines name and we do not know, with no stock, and return how many."""
    with transaction() as session:
        session.execute(MORE_TIME)
        return int(session.execute(sa.text(ITEMS), ground.names()).rowcount)  # type: ignore[attr-defined]


def freshen_statistics() -> None:
    """Tell the planner what the load has brought. Once without it, a batch of 250 invoices took two minutes, not 0.3 s."""
    with transaction() as session:
        session.execute(MORE_TIME)
        session.execute(sa.text("SELECT analyse_imports()"))


def build_orders(ground: Ground) -> int:
    """Make an order of every invoice that has none yet, and return how many were made."""
    names = ground.names()
    with transaction() as session:
        total = session.scalar(sa.text(COUNT), names) or 0
    made = 0
    while count := _build_batch(names):
        made += count
        progress(made, max(total, made), "Step 2 of 2: writing orders")
    return made


def _build_batch(names: dict[str, Any]) -> int:
    with transaction() as session:
        session.execute(MORE_TIME)
        invoices = session.scalars(sa.text(PICK), names).all()
        if not invoices:
            return 0
        first = allocate_numbers(len(invoices))
        picked = {**names, "invoices": list(invoices), "numbers": list(range(first, first + len(invoices)))}
        for statement in (PICKED, "ANALYZE picked", LINES, "ANALYZE made", ORDERS, ORDER_LINES, TIE):
            session.execute(sa.text(statement), picked)
    return len(invoices)


def link_returns(ground: Ground) -> int:
    """Tie returns to the orders they come from, where only one can be meant; return how many are tied by this run."""
    names = ground.names()
    with transaction() as session:
        session.execute(MORE_TIME)
        for statement in (BROUGHT_BACK, "ANALYZE brought_back", SOLD, "ANALYZE sold"):
            session.execute(sa.text(statement), names)
        links = session.execute(sa.text(LINK), names).all()
        if links:
            notes = [
                {
                    **names,
                    "number": back,
                    "text": f"Goods of order {original} came back: the only order they can belong to.",
                }
                for back, original in links
            ]
            session.execute(sa.text(NOTE), notes)
    return len(links)


def sum_orders(invoices: list[str], ground: Ground) -> tuple[int, Decimal]:
    """Return how many orders these invoices became, and the sum of their totals."""
    with transaction() as session:
        session.execute(MORE_TIME)
        session.execute(sa.text("CREATE TEMPORARY TABLE named (invoice_no text) ON COMMIT DROP"))
        copy_rows("COPY named FROM STDIN", ((name,) for name in invoices))
        row = db.session.execute(sa.text(SUMS), ground.names()).one()
    return row.orders, Decimal(int(row.total)).scaleb(-money.scale(ground.currency))
