"""`with shadow() as s`: plans on a PostgreSQL that has our schema and no rows, with indexes that are only tried."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from flask import current_app

from app.queries.explain.problems import ExplainRefused, ShadowAway
from app.queries.explain.single import read_single
from app.queries.explain.words import describe
from app.queries.server.protocol import Link
from app.queries.shadow import build, source
from app.queries.shadow.candidates import make_candidate
from app.queries.shadow.server import Address, reach
from config import Settings

FRESH_S = 600.0  # figures older than this are copied again
ROLES = ("qd_app", "qd_system", "qd_platform")
PLAN_MS = 5000
EXPLAIN = "EXPLAIN (GENERIC_PLAN, VERBOSE, SETTINGS, FORMAT JSON) "
Tree = dict[str, Any]  # Any: PostgreSQL's own JSON


class Shadow:
    """One user's view of the shadow: until an index is tried it shares a database with others, then it has its own."""

    def __init__(self, address: Address, mould: str, plain: str) -> None:
        self.address = address
        self._mould = mould
        self._database = plain
        self._own = ""
        self._link: Link | None = None
        self._candidates: dict[str, tuple[list[int], int]] = {}
        self.names: dict[str, str] = {}
        """What each tried index is called in plans, by its definition."""

    def add_index(self, ddl: str, *, rows: float | None = None) -> int:
        """Make an index to try, which no plan uses until it is named in `with_indexes`; return its size in bytes.

        Args:
            ddl: A CREATE INDEX; its own name and CONCURRENTLY are left out.
            rows: How many rows it would hold, when the caller knows better than the planner (partial indexes).

        Raises:
            ExplainRefused: It is no CREATE INDEX.
            ExplainFailed: PostgreSQL does not make it.
        """
        if ddl in self._candidates:
            return self._candidates[ddl][1]
        self._move_out()
        name = f"candidate_{len(self._candidates) + 1}_{secrets.token_hex(3)}"
        try:
            made = make_candidate(self.address, self._database, name, ddl, rows)
        except psycopg.Error as error:
            raise describe(error) from None
        self.names[ddl] = name
        self._candidates[ddl] = made
        return made[1]

    def plan(
        self, text: str, with_indexes: Sequence[str] = (), *, without_indexes: Sequence[str] = (), company_id: int = 1,
        role: str = "",
    ) -> Tree:  # fmt: skip
        """Return PostgreSQL's JSON of one statement of ours, whose values are `$1`, `$2` …

        Args:
            with_indexes: Definitions of indexes to try; one that is new is made first.
            without_indexes: Names of real indexes to leave out.
            role: Whose policies hold; the first of ours that may run it, if not given.

        Raises:
            ExplainRefused: It is not one statement that can be planned.
            ExplainFailed: PostgreSQL does not plan it.
        """
        read_single(text)
        for ddl in with_indexes:
            self.add_index(ddl)
        on = [index for ddl in with_indexes for index in self._candidates[ddl][0]]
        roles = [role] if role else list(ROLES)
        for one in roles:
            try:
                return self._explain(text, on, list(without_indexes), company_id, one)
            except psycopg.Error as error:
                if one == roles[-1] or not isinstance(error, psycopg.errors.InsufficientPrivilege):
                    raise describe(error) from None
        raise AssertionError("no role was asked")

    def plan_stranger(self, text: str) -> Tree:
        """Return the plan of a text that somebody typed, with a login that may only read; rules.py has allowed it.

        Raises:
            ExplainFailed: PostgreSQL does not plan it.
        """
        read_single(text)
        self.address.touch()
        try:
            with psycopg.connect(
                self.address.stranger_url(self._database), prepare_threshold=None, connect_timeout=5,
                options=f"-c timezone=UTC -c search_path=pg_catalog,public -c statement_timeout={PLAN_MS} "
                "-c default_transaction_read_only=on -c qd.company_id=1",
            ) as link:  # fmt: skip
                link.read_only = True
                rows = link.execute((EXPLAIN + text).encode()).fetchall()
                link.rollback()
        except psycopg.Error as error:
            raise describe(error, typed=text) from None
        return dict(rows[0][0][0])

    @contextmanager
    def catalogue(self) -> Iterator[Link]:
        """Look things up where typed texts are planned."""
        with build.connect(self.address, self._database) as link:
            yield link

    def hold(self) -> None:
        """Stay connected, so that nobody who builds the shadow anew takes this database for a leftover."""
        self._connection()

    def close(self) -> None:
        """Let go of what was made for this user."""
        if self._link is not None:
            self._link.close()
        if self._own:
            with suppress(psycopg.Error), build.connect(self.address) as connection:
                build.drop(connection, self._own)

    def _explain(self, text: str, on: list[int], off: list[str], company_id: int, role: str) -> Tree:
        link = self._connection()
        self.address.touch()
        try:
            if on:
                link.execute("UPDATE pg_index SET indisvalid = true WHERE indexrelid = ANY(%s::oid[])", [on])
            if off:
                hidden = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = ANY(%s::text[]::regclass[])"
                link.execute(hidden, [off])
            settings = {
                "statement_timeout": str(PLAN_MS), "qd.company_id": str(company_id), "search_path": "pg_catalog, public",
                "role": role,
            }  # fmt: skip
            for name, value in settings.items():
                link.execute("SELECT set_config(%s, %s, true)", [name, value])
            rows = link.execute((EXPLAIN + text).encode()).fetchall()
        finally:
            if not link.closed:
                link.rollback()
        return dict(rows[0]["QUERY PLAN"][0])

    def _connection(self) -> Link:
        if self._link is None or self._link.closed:
            self._link = psycopg.connect(
                self.address.url(self._database), row_factory=psycopg.rows.dict_row, prepare_threshold=None,
                connect_timeout=5, options="-c timezone=UTC -c allow_system_table_mods=on",
            )  # fmt: skip
        return self._link

    def _move_out(self) -> None:
        """Get a database of our own: an index that is made here must not show in anybody else's plans."""
        if self._own:
            return
        if self._link is not None:
            self._link.close()
        with build.connect(self.address) as connection:
            try:
                made = build.copy_mould(self.address, connection, self._mould, "copy")
            except psycopg.errors.InvalidCatalogName:  # it was built anew since we began, and the old one is gone
                self._mould, _ = bring_up_to_date(current_app.config["SETTINGS"], self.address)
                made = build.copy_mould(self.address, connection, self._mould, "copy")
        self._own = self._database = made
        self._connection()  # stays, so that nobody takes the copy for a leftover


@contextmanager
def shadow() -> Iterator[Shadow]:
    """Plan on the shadow, which is started and brought up to date first if it has to be.

    Raises:
        ShadowAway: It cannot be had here; the reason says what is missing.
    """
    settings: Settings = current_app.config["SETTINGS"]
    address = reach(settings)
    try:
        mould, plain = bring_up_to_date(settings, address)
    except psycopg.Error as error:
        raise ShadowAway(reason=f"It could not be filled with the schema (SQLSTATE {error.sqlstate}).") from None
    made = Shadow(address, mould, plain)
    try:
        made.hold()
        yield made
    finally:
        made.close()


def bring_up_to_date(settings: Settings, address: Address) -> tuple[str, str]:
    """Return (mould, plain copy) of today's schema, building them when they are missing or old."""
    signature = source.read_signature(settings)
    with build.connect(address) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [build.BUILDING])  # given back with the connection
        found = build.find_mould(connection, signature, FRESH_S)
        return found or build.build_mould(address, connection, source.read_source(settings))


__all__ = ["ExplainRefused", "Shadow", "ShadowAway", "shadow"]
