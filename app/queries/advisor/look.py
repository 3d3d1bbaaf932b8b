"""One look at the workload of our own database: read, advise, write down. It takes seconds, so a job does it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import LiteralString

import psycopg
from flask import current_app

from app.core import clock
from app.core.db import db
from app.core.errors import Problem
from app.core.replicas.places import login_at, replica_places
from app.queries.advisor import store
from app.queries.advisor.advise import Look
from app.queries.advisor.backend import Backend, HypoPG
from app.queries.advisor.catalogue import Link, Stats, read_catalogue
from app.queries.advisor.housekeeping import Removal, find_removals
from app.queries.advisor.inside import Functions, inside, read_functions
from app.queries.advisor.shadowed import Shadowed
from app.queries.advisor.types import Catalogue, Column, Index, Table
from app.queries.advisor.workload import counting_since, load_workload
from app.queries.explain.link import explain_connection
from app.queries.explain.problems import ExplainMissing
from app.queries.server.link import monitor, open_link
from app.queries.shadow.cluster import shadow
from config import Settings

Tell = Callable[[int, int], None]
CATALOGUE_MS, REPLICA_MS = 15_000, 2000
FIGURES: LiteralString = """
SELECT relation, attribute, avg_width, n_distinct, coalesce(correlation, 0) AS correlation, null_frac
FROM planner_figures() ORDER BY is_inherited
"""
SCANS: LiteralString = """
SELECT coalesce(p.relname, s.indexrelname) AS name, sum(s.idx_scan)::bigint AS scans FROM pg_stat_user_indexes s
LEFT JOIN pg_inherits i ON i.inhrelid = s.indexrelid LEFT JOIN pg_class p ON p.oid = i.inhparent GROUP BY 1
"""


def look(tell: Tell) -> dict[str, object]:
    """Look once, in the installation's scope, and return what was found, as a job says it.

    Raises:
        MonitorAway: PostgreSQL does not answer.
        ShadowAway: There is nothing to prove an index with.
    """
    now = clock.now()
    workload = load_workload(now)
    first_reading = counting_since()
    db.session.rollback()  # nothing is held while the planner is asked for some seconds
    catalogue, silent, functions = read_our_catalogue()
    queries = [*workload.queries, *inside(workload.queries, functions)]
    writes = {name: workload.writes_of(name, table.hot_share) for name, table in catalogue.tables.items()}
    with backend_for(catalogue) as backend:
        looking = Look(catalogue, backend, writes)
        found = looking.run(queries, tell)
        since = latest(catalogue.counting_since, first_reading)
        removals = [unsure(one, silent) for one in find_removals(catalogue, looking.prices, found.planned, now, since)]
        ids = store.keep(found, removals, backend.name, workload.span_s, now)
    return {
        "page": "/slow-queries/advice", "advice": len(ids), "create": len(found.proposals), "drop": len(removals),
        "planned": len(found.planned), "unplanned": len(found.unplanned), "refused": len(found.refused), "backend": backend.name,
        "span_s": int(workload.span_s),
    }  # fmt: skip


def read_our_catalogue() -> tuple[Catalogue, list[str], Functions]:
    """Return what there is, with scans summed over all servers, which replicas did not answer, and what functions run."""
    with monitor(CATALOGUE_MS) as link:
        catalogue = read_catalogue(link, read_figures(link))
        functions = read_functions(link)
    return *with_replicas(catalogue), functions


def read_figures(link: Link) -> Stats:
    """Return what the planner knows of columns; nothing where the function that tells it is missing."""
    try:
        rows = link.execute(FIGURES).fetchall()
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InsufficientPrivilege):
        return {}
    return {
        (row["relation"], row["attribute"]): Column(
            row["attribute"], "", row["avg_width"], row["n_distinct"], row["correlation"], row["null_frac"]
        )
        for row in rows
    }


def with_replicas(catalogue: Catalogue) -> tuple[Catalogue, list[str]]:
    """Add the scans of replicas: an index that only they read is not unused."""
    settings: Settings = current_app.config["SETTINGS"]
    silent = []
    for place in replica_places(settings):
        try:
            login = settings.database_monitor_url
            with open_link(login_at(login.get_secret_value() if login else "", place), REPLICA_MS) as link:
                scans = {row["name"]: int(row["scans"]) for row in link.execute(SCANS)}
        except (Problem, psycopg.Error):
            silent.append(str(place.host))
            continue
        for name, table in catalogue.tables.items():
            catalogue.tables[name] = add_scans(table, scans)
    return catalogue, silent


def add_scans(table: Table, scans: dict[str, int]) -> Table:
    """Add what another server counted."""

    def added(index: Index) -> Index:
        return replace(index, scans=index.scans + scans.get(index.name, 0))

    return replace(table, indexes=tuple(added(index) for index in table.indexes))


def unsure(removal: Removal, silent: Sequence[str]) -> Removal:
    """Hold back "nothing reads it" while a replica did not say what it reads."""
    if removal.kind == "drop-unused" and silent:
        return replace(removal, why_not="A replica did not answer; it may read through this index.")
    return removal


@contextmanager
def backend_for(catalogue: Catalogue) -> Iterator[Backend]:
    """Return what can prove an index: HypoPG where it is installed, else the cluster without data.

    Raises:
        ShadowAway: Neither is there.
    """
    try:
        with explain_connection() as connection:
            has_extension = HypoPG.is_there(connection)
    except ExplainMissing:
        has_extension = False
    if has_extension:
        with explain_connection() as connection:
            yield HypoPG(connection, catalogue)
        return
    with shadow() as made:
        yield Shadowed(made)


def latest(*instants: datetime | None) -> datetime | None:
    """Return the last of some instants; None when one is unknown."""
    return max((one for one in instants if one is not None), default=None)
