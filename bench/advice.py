"""Advice on our own schema, each recommended index really built: blocks and time before and after, beside other rules.

    bin/bench advice --orders 1000000 --companies 2000

Starts its own PostgreSQL and Valkey. The indexes our migrations make for orders, lines, items and stock are dropped
first; what remains are keys. The statements are what our own pages send, with the values they sent.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from psycopg.rows import dict_row

from app import create_app
from app.core import clock
from app.core.installation import installation
from app.demo.generate import generate
from app.queries.advisor.advise import Look
from app.queries.advisor.housekeeping import find_removals
from app.queries.advisor.inside import Functions, inside
from app.queries.advisor.look import read_our_catalogue
from app.queries.advisor.shadowed import Shadowed
from app.queries.advisor.types import Candidate, Query, Writes
from app.queries.shadow.cluster import shadow
from bench.advice_keep import justify
from bench.advice_report import Outcome, report
from bench.advice_rivals import by_dexter, by_pghero
from bench.advice_work import TABLES, Sent, as_app, measure, record_pages
from tests import stage
from tests.services import running_services
from tests.world import World, kept_superuser

FEWEST = "Dexter's rules"
LOOKS = 4  # each after what the one before proposed is built
DEARER, LEAST_BLOCKS = 1.05, 8  # a difference of fewer blocks is where a row happens to lie
SECONDARY = """
SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS definition FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid WHERE t.relname = ANY (%s) AND NOT x.indisunique AND t.relkind = 'r'
AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.indexrelid) ORDER BY 1
"""
READ = "SELECT indexrelname AS name, idx_scan AS scans FROM pg_stat_user_indexes"
# VACUUM by itself leaves the entries of so few dead rows in the indexes, and whoever reads the newest orders walks over them.
CLEAN = "VACUUM (INDEX_CLEANUP ON) orders"
INSERT = """
INSERT INTO orders (company_id, number, state, customer_name, customer_email, currency, total_minor, line_count, unit_count,
  returned_units, source, external_ref, placed_at, due_at, updated_at)
SELECT company_id, number + 50000000, state, customer_name, customer_email, currency, total_minor, line_count, unit_count,
  returned_units, source, external_ref, placed_at, due_at, updated_at FROM orders WHERE company_id = %s LIMIT 5000
"""


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="bin/bench advice", description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--companies", type=int, default=2000)
    parser.add_argument("--password", default="a long one for nobody")
    options = parser.parse_args()
    with running_services() as services, tempfile.TemporaryDirectory() as folder:
        urls = services.create_database()
        more = {"LOG_LEVEL": "ERROR", "QUARTERDECK_HOME": folder}
        environment = {**stage.environment_for(urls, services.redis_url, Path(folder)), **more}
        stage.migrate(urls, services.redis_url, Path(folder))
        superuser = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        app = create_app(stage.settings_from(environment))
        began = time.monotonic()
        with app.app_context():
            generate(options.orders, options.companies, password=options.password, say=tell)
        print(
            f"{options.orders:,} orders of {options.companies:,} companies: written in {time.monotonic() - began:.0f} s"
        )
        Bench(app, superuser).run()


class Bench:
    """One run on one database."""

    def __init__(self, app: Flask, superuser: str) -> None:
        self.app, self.superuser = app, superuser
        self.sql = psycopg.connect(superuser, autocommit=True, row_factory=dict_row)
        row = self.sql.execute("SELECT id, slug FROM companies WHERE slug = 'bench-00000'").fetchone()
        assert row is not None
        self.company = row
        self.own: dict[str, str] = {}
        self.base: dict[str, tuple[float, int]] = {}
        self.functions: Functions = {}

    def run(self) -> None:
        """Measure without indexes, advise, build, compare."""
        person = World(self.app, kept_superuser(self.superuser)).person(self.company, "company_admin")
        work = record_pages(person)
        print(f"{len(work)} statements of {sum(one.calls for one in work):,} calls recorded from our pages")
        self.sql.execute("VACUUM ANALYZE")
        own, own_bytes = self.outcome_of("our own schema", work, None), self.index_bytes()
        with self.app.app_context(), installation():
            justify([row["name"] for row in self.sql.execute(SECONDARY, [list(TABLES)])], [one.query for one in work])
        for row in self.sql.execute(SECONDARY, [list(TABLES)]).fetchall():
            self.own[row["name"]] = row["definition"]
            self.sql.execute(f'DROP INDEX "{row["name"]}"')
        self.sql.execute("VACUUM ANALYZE")
        own.size = own_bytes - self.index_bytes()
        self.base = self.note(work)
        own.dearer = self.dearer(self.own_figures, work)
        outcomes = [self.outcome_of("none but keys", work, []), own]
        for name, candidates in self.advise(work):
            outcomes.append(self.outcome_of(name, work, candidates))
        report(outcomes)

    def advise(self, work: Sequence[Sent]) -> list[tuple[str, list[Candidate]]]:
        """Ask our advisor, and the rules of the others, on the cluster without data."""
        # A write mix of a busy shop: as many orders and lines as there were pages of each.
        calls = sum(one.calls for one in work)
        writes = {"orders": Writes(calls // 20, 0, ((frozenset({"state", "updated_at"}), calls // 10),), 0.2),
                  "order_lines": Writes(calls // 10), "stock_movements": Writes(calls // 10),
                  "items": Writes(0, 0, ((frozenset({"on_hand", "updated_at"}), calls // 10),), 0.3)}  # fmt: skip
        ours: list[Candidate] = []
        rivals: list[tuple[str, list[Candidate]]] = []
        for number in range(LOOKS):
            fresh = self.look(work, writes, rivals)
            print(f"look {number + 1}: {len(fresh)} proposed", flush=True)
            for candidate in fresh:
                self.sql.execute(candidate.ddl().encode())
            ours += fresh
            if not fresh:
                break
            self.sql.execute("VACUUM ANALYZE orders, order_lines, items, stock_movements, shipments")
            self.note(work)  # the next look sees what takes the time now
        ours = self.still_read(work, ours)
        fewest = len(dict(rivals)[FEWEST])
        first = self.first(work, writes, ours)[:fewest]
        rivals.insert(0, (f"Quarterdeck, first {fewest}", first))
        return [("Quarterdeck", ours), *rivals]

    def still_read(self, work: Sequence[Sent], built: list[Candidate]) -> list[Candidate]:
        """Drop all that was built; return what the page would not say to drop again after a week.

        That is what nothing reads through any more, and what another index begins with.
        """
        before = self.scans()
        self.note(work)
        read = {name for name, scans in self.scans().items() if scans > before.get(name, 0)}
        with self.looking({}) as look:
            look.plan_all(self.queries(work))
            removals = find_removals(look.catalogue, look.prices, look.found.planned, clock.now(), None)
        twice = {one.index.name for one in removals if one.kind == "drop-duplicate"}
        rest = [one for one in built if one.name in read - twice]
        for candidate in built:
            self.sql.execute(f"DROP INDEX {candidate.name}")
        print(f"{len(built)} built, {len(built) - len(rest)} of them of no use beside the others", flush=True)
        return rest

    def first(self, work: Sequence[Sent], writes: dict[str, Writes], ours: Sequence[Candidate]) -> list[Candidate]:
        """Return them as a look ranks them, what saves most first."""
        self.sql.execute("VACUUM ANALYZE orders, order_lines, items, stock_movements, shipments")
        self.note(work)
        with self.looking(writes) as look:
            look.plan_all(self.queries(work))
            tried = (look.option_of(look.catalogue.tables[one.table], one, look.found.planned) for one in ours)
            look.propose([one for one in tried if one is not None])
        self.say(look)
        return [one.option.candidate for one in look.found.proposals]

    def scans(self) -> dict[str, int]:
        """Return how often each index was read so far."""
        return {row["name"]: row["scans"] for row in self.sql.execute(READ)}

    def note(self, work: Sequence[Sent]) -> dict[str, tuple[float, int]]:
        """Run everything, and keep what each statement takes now beside it."""
        with as_app(self.superuser, self.company["id"]) as connection:
            figures = measure(connection, work)
        for sent in work:
            sent.ms, sent.blocks = figures[sent.text]
        return figures

    def look(
        self, work: Sequence[Sent], writes: dict[str, Writes], rivals: list[tuple[str, list[Candidate]]]
    ) -> list[Candidate]:
        """Look once at the tables as they are; the first time the others' rules do, too."""
        with self.looking(writes) as look:
            began = time.monotonic()
            found = look.run(self.queries(work))
            took = time.monotonic() - began
            said = f"{len(found.planned)} planned, {len(found.unplanned)} could not be, {len(found.refused)} refused"
            print(f"looked in {took:.1f} s: {said}")
            self.say(look)
            if not rivals:
                rivals += [("PgHero's rules", by_pghero(look)), (FEWEST, by_dexter(look))]
            return [proposal.option.candidate for proposal in found.proposals]

    def say(self, look: Look) -> None:
        """Print what a look proposes, and what each saves beside those before it."""
        for number, one in enumerate(look.found.proposals, start=1):
            print(f"  {number:2} saves {one.share:8.3%}  {one.option.candidate.body}")

    @contextmanager
    def looking(self, writes: dict[str, Writes]) -> Iterator[Look]:
        """Begin a look at the tables as they are."""
        with self.app.app_context(), installation():
            catalogue, _, self.functions = read_our_catalogue()
            with shadow() as made:
                yield Look(catalogue, Shadowed(made), writes)

    def queries(self, work: Sequence[Sent]) -> list[Query]:
        """Return what was sent, and what runs inside functions."""
        queries = [one.query for one in work]
        return [*queries, *inside(queries, self.functions)]

    def outcome_of(self, name: str, work: Sequence[Sent], candidates: Iterable[Candidate] | None) -> Outcome:
        """Build a set, run everything, write 5,000 orders and take them back, and drop the set again."""
        built = list(candidates or ())
        before = self.index_bytes()
        for candidate in built:
            self.sql.execute(candidate.ddl().encode())
        if built:
            self.sql.execute("VACUUM ANALYZE")
        with as_app(self.superuser, self.company["id"]) as connection:
            figures = measure(connection, work)
        if candidates is None:
            self.own_figures = figures
        size = self.index_bytes() - before if built else 0
        insert_ms, wal = self.write_orders()
        if built:
            self.print_each(name, work, built, figures)
        for candidate in built:
            self.sql.execute(f"DROP INDEX {candidate.name}")
        whole = (
            sum(figures[one.text][1] * one.calls for one in work),
            sum(figures[one.text][0] * one.calls for one in work),
        )
        count = len(self.sql.execute(SECONDARY, [list(TABLES)]).fetchall()) if candidates is None else len(built)
        return Outcome(name, count, size, *whole, self.dearer(figures, work) if self.base else [], insert_ms, wal)

    def dearer(self, figures: dict[str, tuple[float, int]], work: Sequence[Sent]) -> list[str]:
        """Return the statements that touch more than 5 % more blocks than without any index."""
        return [
            one.text for one in work
            if figures[one.text][1] > self.base[one.text][1] * DEARER and figures[one.text][1] - self.base[one.text][1] > LEAST_BLOCKS
        ]  # fmt: skip

    def index_bytes(self) -> int:
        """Return the size of all indexes of the tables."""
        row = self.sql.execute(
            "SELECT sum(pg_indexes_size(c.oid))::bigint AS n FROM pg_class c WHERE relname = ANY (%s)", [list(TABLES)]
        ).fetchone()
        assert row is not None
        return int(row["n"])

    def write_orders(self) -> tuple[float, int]:
        """Insert 5,000 orders and roll back; return ms and bytes of WAL."""
        with self.sql.transaction(force_rollback=True):
            before: Any = self.sql.execute("SELECT pg_current_wal_insert_lsn() AS at").fetchone()
            began = time.perf_counter()
            self.sql.execute(INSERT, [self.company["id"]])
            took = (time.perf_counter() - began) * 1000
            row: Any = self.sql.execute(
                "SELECT pg_current_wal_insert_lsn() - %s::pg_lsn AS n", [before["at"]]
            ).fetchone()
        self.sql.execute(CLEAN)
        return took, int(row["n"])

    def print_each(
        self, name: str, work: Sequence[Sent], built: Sequence[Candidate], figures: dict[str, tuple[float, int]]
    ) -> None:
        """Print the set, and each statement it changes."""
        print(f"\n{name}: {len(built)} indexes")
        for candidate in built:
            print(f"  {candidate.body}")
        for text in self.dearer(figures, work):
            print(f"  dearer: {self.base[text][1]:,} to {figures[text][1]:,} blocks: {' '.join(text.split())[-100:]}")
        if name != "Quarterdeck":
            return
        print(f"  {'statement':70}{'calls':>7}{'blocks':>10}{'after':>9}{'ours':>9}{'ms':>10}{'after':>9}{'ours':>9}")
        for one in sorted(work, key=lambda one: (self.base[one.text][1] - figures[one.text][1]) * -one.calls):
            (ms, blocks), (ms_after, blocks_after) = self.base[one.text], figures[one.text]
            own_ms, own_blocks = self.own_figures[one.text]
            if blocks != blocks_after:
                words = " ".join(one.text.partition("FROM")[2].split())[:68]
                print(
                    f"  {words:70}{one.calls:7}{blocks:10,}{blocks_after:9,}{own_blocks:9,}{ms:10.2f}{ms_after:9.2f}{own_ms:9.2f}"
                )


def tell(done: int, total: int) -> None:
    """Say how far the writing is."""
    print(f"\r{done:,} of {total:,}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
