"""Names as long as PostgreSQL lets them be, and figures that hardly fit, on the pages of the server."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page

from tests.queries.panels.backends import holding, waiting
from tests.width import assert_fits
from tests.world import Person

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONG = "w" * 63  # the longest name, without a place to break it
LOCK = "SELECT pg_advisory_xact_lock(7072)"
LASTING = ("SET idle_in_transaction_session_timeout = 0", "SET statement_timeout = 0", "SET lock_timeout = 0")
NAMED = """name => {
  const strong = Object.assign(document.createElement("strong"), {textContent: name});
  document.querySelector(".verdict > :last-child").append(" ", strong, ".");
}"""
FREE = "SET allow_system_table_mods = on"


@pytest.fixture
def crowded(world: Any) -> Iterator[None]:
    """A table, a broken index and a sequence with such names; 30 billion rows are said to be in the table."""
    sql: psycopg.Connection[Any] = world.sql
    sql.execute(f"CREATE TABLE {LONG} (id int GENERATED ALWAYS AS IDENTITY, {'c' * 63} text)")
    sql.execute(f"CREATE INDEX {'i' * 63} ON {LONG} ({'c' * 63})")
    sql.execute(f"INSERT INTO {LONG} ({'c' * 63}) SELECT n FROM generate_series(1, 100) n")
    sql.execute(f"ANALYZE {LONG}")
    sql.execute(FREE)
    sql.execute(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{'i' * 63}'::regclass")
    sql.execute(
        f"UPDATE pg_class SET relpages = 2000000000, reltuples = 3e10 WHERE relname IN ('{LONG}', '{'i' * 63}')"
    )
    yield
    sql.execute(f"DROP TABLE {LONG}")
    sql.execute("RESET allow_system_table_mods")


@pytest.mark.usefixtures("crowded")
def test_no_name_is_too_long_for_a_phone(
    open_page: Callable[..., Page], pat: Person, world: Any, urls: dict[str, str]
) -> None:
    name = f"SET application_name = '{'p' * 63}'"
    url = urls["DATABASE_URL"]
    with holding(url, *LASTING, name, LOCK), waiting(world.sql, url, *LASTING, name, LOCK):
        page = open_page(pat, "/slow-queries/tables", reduced_motion="reduce")
        for path in ("/slow-queries/tables", f"/slow-queries/tables?q={LONG}", "/slow-queries/live"):
            page.goto(path)
            for width in (1280, 900, 390, 320):
                page.set_viewport_size({"width": width, "height": 800})
                assert_fits(page)
            # Whom the verdict names depends on who else is busy: here it is the longest name in any case.
            page.evaluate(NAMED, LONG)
            for width in (1280, 900, 390, 320):
                page.set_viewport_size({"width": width, "height": 800})
                assert_fits(page, "with a long verdict")
