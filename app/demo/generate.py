"""`flask bench generate`: masses of orders over many companies, made by the database itself.

A third of the orders belong to one company, so that its thousandth page exists; a fifth to twenty more; the rest are
spread evenly, as a platform's companies are.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.service import companies, people
from app.core import clock
from app.core.access import Role
from app.core.context import acting_as
from app.core.db import transaction
from app.core.ids import CompanyId
from app.core.tenancy import acting_for, current_company_id
from app.demo.cast import FIRST, LAST

BATCH = 20_000
LARGEST_SHARE, LARGE_SHARE, LARGE_COUNT = 0.33, 0.2, 20
DAYS = 720
NO_LIMIT = sa.text("SET LOCAL statement_timeout = 0")
ITEMS = """
    INSERT INTO items (company_id, sku, name, category, unit_price, on_hand, reorder_point, has_moved)
    SELECT :company, 'SKU-' || lpad(n::text, 5, '0'), 'Thing ' || n, 'Kind ' || n % 12, 1 + (n * 37 % 9000) / 100.0, 1000, n % 40, true
    FROM generate_series(1, cast(:items AS integer)) n"""
OPENING = """
    INSERT INTO stock_movements (company_id, item_id, kind, delta, on_hand_after, reason, actor)
    SELECT :company, id, 'opening', on_hand, on_hand, 'opening stock', '{"kind": "command", "name": "bench"}' FROM items"""
# Chance from a hash of the number: the same call makes the same rows.
NUMBERED = """
    CREATE TEMPORARY TABLE numbered ON COMMIT DROP AS
    SELECT n, h, cast(:now AS timestamptz) - make_interval(secs => (cast(:count AS bigint) - n)::float8 / :count * :days * 86400) AS at,
           CASE WHEN n > :count * 0.98 THEN (ARRAY['placed', 'paid', 'paid', 'packed', 'shipped'])[1 + h % 5]
                WHEN h % 100 < 3 THEN 'cancelled' WHEN h % 100 < 6 THEN 'returned' ELSE 'delivered' END AS state
    FROM (SELECT n, (hashint8(n * 7919 + :company) & 2147483647)::bigint AS h
          FROM generate_series(cast(:first AS bigint), cast(:last AS bigint)) n) numbers"""
LINED = """
    CREATE TEMPORARY TABLE lined ON COMMIT DROP AS
    SELECT o.n, k AS line_no, i.id AS item_id, i.sku, i.name, 1 + (o.h / (k * 13)) % 4 AS quantity, i.unit_price,
           o.state IN ('shipped', 'delivered', 'returned') AS is_out, o.state = 'returned' AS is_back
    FROM numbered o CROSS JOIN LATERAL generate_series(1, 1 + (o.h / 11 % 3)::integer) k
    JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS place, count(*) OVER () AS items, * FROM items) i
      ON i.place = (o.h / (k * 101)) % i.items"""
ORDERS = """
    INSERT INTO orders (company_id, number, state, customer_name, customer_email, currency, total_minor, line_count, unit_count,
                        returned_units, source, external_ref, placed_at, due_at, paid_at, updated_at)
    SELECT :company, o.n, o.state, c.first || ' ' || c.last, lower(c.first || '.' || c.last || o.h % 1000) || '@example.test',
           'GBP', l.total, l.lines, l.units, CASE WHEN o.state = 'returned' THEN l.units ELSE 0 END, 'bench',
           CASE WHEN o.h % 10 = 0 THEN 'WEB-' || o.h END, o.at, o.at + interval '1 day',
           CASE WHEN o.state NOT IN ('placed', 'cancelled') THEN o.at END, o.at
    FROM numbered o
    JOIN (SELECT n, sum(round(quantity * unit_price * 100))::bigint AS total, count(*) AS lines, sum(quantity) AS units
          FROM lined GROUP BY n) l USING (n)
    CROSS JOIN LATERAL (SELECT (cast(:firsts AS text[]))[1 + o.h % 40] AS first,
                               (cast(:lasts AS text[]))[1 + o.h / 40 % 40] AS last) c
    ORDER BY o.n"""
LINES = """
    INSERT INTO order_lines (company_id, order_number, line_no, item_id, sku, name, quantity, unit_price, amount_minor, shipped, returned)
    SELECT :company, n, line_no, item_id, sku, name, quantity, unit_price, round(quantity * unit_price * 100),
           CASE WHEN is_out THEN quantity ELSE 0 END, CASE WHEN is_back THEN quantity ELSE 0 END
    FROM lined ORDER BY n, line_no"""
COUNTER = """
    INSERT INTO order_counters (company_id, last_number) VALUES (:company, :last)
    ON CONFLICT (company_id) DO UPDATE SET last_number = greatest(order_counters.last_number, excluded.last_number)"""


@dataclass(frozen=True)
class Share:
    """How many orders a company gets."""

    slug: str
    orders: int


def shares(orders: int, count: int) -> Iterator[Share]:
    """Yield each company's share: one large, twenty medium, the rest small."""
    largest = round(orders * LARGEST_SHARE) if count > 1 else orders
    medium = min(LARGE_COUNT, max(count - 1, 0))
    small = max(count - 1 - medium, 0)
    each_medium = round(orders * LARGE_SHARE) // medium if medium and small else 0
    if medium and not small:
        each_medium = (orders - largest) // medium
        largest = orders - each_medium * medium
    yield Share("bench-00000", largest)
    left = orders - largest - each_medium * medium
    for place in range(1, medium + 1):
        yield Share(f"bench-{place:05d}", each_medium)
    for place in range(small):
        yield Share(f"bench-{medium + 1 + place:05d}", left // small + (place < left % small))


def generate(orders: int, count: int, *, password: str, say: Callable[[int, int], None]) -> None:
    """Make companies and their orders; what is there already is kept, so a broken run goes on.

    Args:
        orders: Over all companies.
        count: Companies.
        password: Of bench@demo.test, admin of the largest company.
        say: Called with orders done and wanted.
    """
    done = 0
    with acting_as({"kind": "command", "name": "flask bench generate"}):
        for share in shares(orders, count):
            company_id = companies.ensure_company(share.slug, f"Bench {share.slug.removeprefix('bench-')}")
            if share.slug == "bench-00000":
                people.ensure_user(
                    company_id, email="bench@demo.test", name="Bench", role=Role.COMPANY_ADMIN, password=password
                )
            for made in fill(company_id, share.orders):
                done += made
                say(done, orders)


def fill(company_id: CompanyId, orders: int) -> Iterator[int]:
    """Bring one company to its number of orders, in batches; yield how many each brought."""
    with acting_for(company_id):
        names = {
            "company": current_company_id(),
            "now": clock.now(),
            "count": orders,
            "days": DAYS,
            "firsts": FIRST,
            "lasts": LAST,
        }
        with transaction() as session:
            last = int(session.scalar(sa.text("SELECT coalesce(max(last_number), 0) FROM order_counters")) or 0)
            if not session.scalar(sa.text("SELECT EXISTS (SELECT FROM items)")):
                session.execute(sa.text(ITEMS), {**names, "items": min(max(orders // 50, 5), 3000)})
                session.execute(sa.text(OPENING), names)
        yield min(last, orders)
        for first in range(last + 1, orders + 1, BATCH):
            final = min(first + BATCH - 1, orders)
            batch = {**names, "first": first, "last": final}
            with transaction() as session:
                session.execute(NO_LIMIT)
                for statement in (NUMBERED, "ANALYZE numbered", LINED, ORDERS, LINES, COUNTER):
                    session.execute(sa.text(statement), batch)
            yield final - first + 1
