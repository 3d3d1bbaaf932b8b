"""PostgreSQL's own catalogue holds no view, function, key or foreign key that crosses companies, but the listed."""

from typing import Any

import psycopg
import pytest

from app.core.rls import DEFINER_FUNCTIONS, GLOBAL_TABLES, GLOBAL_UNIQUES
from tests.laws.leaks import tenant_tables

Connection = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def catalogue(superuser_url: str, app: object) -> Any:
    """A connection that sees everything."""
    with psycopg.connect(superuser_url, row_factory=psycopg.rows.dict_row) as connection:
        yield connection


def names(connection: Connection, query: str) -> set[str]:
    return {str(next(iter(row.values()))) for row in connection.execute(query).fetchall()}


PUBLIC_TABLES = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"""


def test_every_table_belongs_to_companies_or_is_listed(catalogue: Connection) -> None:
    everything = names(catalogue, PUBLIC_TABLES + " AND NOT c.relispartition")
    assert everything - set(tenant_tables(catalogue)) == set(GLOBAL_TABLES) | {"alembic_version"}


def test_every_company_table_enables_and_forces_row_level_security(catalogue: Connection) -> None:
    protected = names(catalogue, PUBLIC_TABLES + " AND c.relrowsecurity AND c.relforcerowsecurity")
    assert set(tenant_tables(catalogue)) <= protected
    partitions = names(catalogue, PUBLIC_TABLES + " AND c.relispartition")
    assert partitions <= protected


def test_the_web_logins_own_nothing_and_bypass_nothing(catalogue: Connection) -> None:
    risky = names(
        catalogue,
        "SELECT rolname FROM pg_roles WHERE rolname IN ('qd_app','qd_platform','qd_system','qd_owner') "
        "AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)",
    )
    assert risky == set()
    owners = names(
        catalogue,
        "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname = 'public' AND relkind IN ('r','p','v','m') AND NOT EXISTS "
        "(SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')",
    )
    assert owners <= {"qd_owner"}


def test_no_view_crosses_companies(catalogue: Connection) -> None:
    views = names(
        catalogue,
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' "
        "AND c.relkind IN ('v', 'm') AND coalesce(c.reloptions::text, '') NOT LIKE '%security_invoker=true%' "
        "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')",
    )
    assert views == set()


def test_definer_functions_are_the_listed_ones_and_pin_their_search_path(catalogue: Connection) -> None:
    rows = catalogue.execute(
        "SELECT p.proname, coalesce(array_to_string(p.proconfig, ','), '') AS config FROM pg_proc p "
        "JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.prosecdef"
    ).fetchall()
    assert {row["proname"] for row in rows} == set(DEFINER_FUNCTIONS)
    assert [row["proname"] for row in rows if "search_path=" not in row["config"]] == []


def test_definer_functions_are_not_public(catalogue: Connection) -> None:
    open_ones = names(
        catalogue,
        "SELECT p.proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
        "WHERE n.nspname = 'public' AND p.prosecdef AND (p.proacl IS NULL OR EXISTS "
        "(SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee = 0))",
    )
    assert open_ones == set()


def test_foreign_keys_between_company_tables_carry_the_company(catalogue: Connection) -> None:
    ours = tenant_tables(catalogue)
    rows = catalogue.execute(
        """SELECT k.conname, a.relname AS here, b.relname AS there,
                  (SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = k.conrelid AND attnum = ANY(k.conkey)) AS columns
           FROM pg_constraint k JOIN pg_class a ON a.oid = k.conrelid JOIN pg_class b ON b.oid = k.confrelid
           WHERE k.contype = 'f' AND NOT a.relispartition"""
    ).fetchall()
    crossing = [
        row["conname"]
        for row in rows
        if row["here"] in ours and row["there"] in ours and "company_id" not in row["columns"]
    ]
    assert crossing == []


def test_unique_keys_of_company_tables_carry_the_company(catalogue: Connection) -> None:
    """A key unique across companies tells one company what another has, unless its values are random."""
    rows = catalogue.execute(
        """SELECT i.relname AS name, pg_get_indexdef(x.indexrelid) AS definition FROM pg_index x
           JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
           JOIN pg_namespace n ON n.oid = t.relnamespace
           WHERE n.nspname = 'public' AND x.indisunique AND NOT t.relispartition
           AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attname = 'company_id')"""
    ).fetchall()
    crossing = {row["name"] for row in rows if "company_id" not in row["definition"]}
    assert crossing == set(GLOBAL_UNIQUES)
