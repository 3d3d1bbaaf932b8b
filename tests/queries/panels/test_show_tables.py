"""How tables, indexes, sequences and connections are: read from catalogues alone, each panel by itself."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.queries.panels import indexes, sequences, tables
from app.queries.panels.reading import Reading, board
from app.queries.panels.standing import read_standing
from tests.queries.panels.backends import holding, watched_by
from tests.world import Person

API = "/api/query-optimizer"
PANELS = ("tables", "tables/indexes", "sequences", "replication", "connections", "vacuum")
# What people work with and what is known of statements. Who locks what signing in stands on locks everybody out.
WORKED_WITH = ("orders", "order_lines", "items", "jobs", "job_outbox", "stored_files", "documents", "topic_heads")
KNOWN = ("query_", "server_", "index_advice")
NAMES = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition"""


def all_tables(world: Any) -> list[str]:
    """Every table of ours."""
    return [row["relname"] for row in world.sql.execute(NAMES).fetchall()]


def lock(names: list[str]) -> str:
    """A statement that lets nobody near these tables, nor near their partitions."""
    return f"LOCK TABLE {', '.join(names)} IN ACCESS EXCLUSIVE MODE"


def listed(pat: Person, path: str, **query: str) -> list[dict[str, Any]]:
    """What a panel shows, as JSON."""
    found = pat.get(f"{API}/{path}", query_string=query).json
    assert found["missing"] == ""
    items: list[dict[str, Any]] = found["items"]
    return items


def test_every_panel_is_whole_while_every_table_is_locked(app, world, superuser_url):
    with holding(superuser_url, lock(all_tables(world))), app.app_context():
        view = read_standing(q="", order="size", index_order="size", most=500)
    assert {name: panel.missing for name, panel in vars(view).items() if panel.missing} == {}
    assert len(view.tables.items) > 50
    assert len(view.indexes.items) > 100


def test_the_pages_come_while_nobody_can_work(pat, world, superuser_url):
    assert pat.get("/slow-queries/tables").status_code == 200
    names = [name for name in all_tables(world) if name in WORKED_WITH or name.startswith(KNOWN)]
    with holding(superuser_url, lock(names)):
        for path in ("/slow-queries/tables", "/slow-queries/live"):
            answer = pat.get(path)
            assert answer.status_code == 200, path
            assert "did not answer" not in answer.text
        for path in PANELS:
            assert listed(pat, path) is not None


def test_counters_never_set_back_have_no_known_beginning(pat, app, monkeypatch):
    with app.app_context():
        view = read_standing(q="", order="size", index_order="size", most=1)
    (database,) = view.database.items

    def basis(since: datetime | None) -> str:
        told = replace(view, database=Reading([replace(database, since=since)]))
        monkeypatch.setattr("app.queries.views.tables.read_standing", lambda **_asked: told)
        page: str = pat.get("/slow-queries/tables").text
        return page

    assert "counted since the counters began, not known when" in basis(None)
    set_back = basis(datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    assert "not known when" not in set_back
    assert "counted since 4 Mar" in set_back


def test_a_partitioned_table_is_one_row(pat):
    (one,) = [each for each in listed(pat, "tables", q="query_minutes") if each["name"] == "query_minutes"]
    assert one["parts"] >= 2
    assert all(not each["name"].startswith("query_minutes_") for each in listed(pat, "tables", limit="500"))
    index = next(each for each in listed(pat, "tables/indexes", q="ix_query_minutes_fingerprint_at"))
    assert (index["parts"], index["columns"]) == (one["parts"], ["fingerprint", "at"])


def test_loose_space_is_what_a_rewrite_gives_back(app, world, urls):
    sql = world.sql
    sql.execute("CREATE TABLE panel_probe (id int PRIMARY KEY, text text)")
    try:
        sql.execute("INSERT INTO panel_probe SELECT n, repeat('x', 100) FROM generate_series(1, 20000) AS n")
        sql.execute("DELETE FROM panel_probe WHERE id % 4 <> 0")
        sql.execute("VACUUM ANALYZE panel_probe")
        sql.execute("CREATE INDEX panel_probe_hash ON panel_probe USING hash (text)")
        full, loose = probe(app), probe_index(app)
        hashed = probe_index(app, "panel_probe_hash")
        sql.execute("VACUUM FULL ANALYZE panel_probe")
        tight, built = probe(app), probe_index(app)
    finally:
        sql.execute("DROP TABLE panel_probe")
    assert full.loose_bytes is not None
    assert full.loose_bytes == pytest.approx(full.bytes - tight.bytes, rel=0.05)
    assert full.loose_share > 0.7
    assert tight.loose_share < 0.05
    assert (full.rows, full.toast_bytes) == (5000, 0)
    assert loose.loose_bytes is not None
    assert loose.loose_bytes == pytest.approx(loose.bytes - built.bytes, rel=0.1)
    assert loose.loose_share > 0.6
    assert built.loose_share < 0.1
    assert hashed.loose_bytes is None


def probe(app: Any) -> tables.Table:
    """The table that the test made."""
    with app.app_context(), board() as panels:
        found = panels.read("tables", lambda link: tables.list_tables(link, q="panel_probe"))
    (one,) = found.items
    return one


def probe_index(app: Any, name: str = "panel_probe_pkey") -> indexes.Index:
    """An index of it."""
    with app.app_context(), board() as panels:
        (one,) = panels.read("indexes", lambda link: indexes.list_indexes(link, q=name)).items
    return one


def test_an_index_that_was_never_used_and_one_that_is_broken_are_told_apart(app, world):
    sql = world.sql
    sql.execute("CREATE TABLE panel_probe (id int PRIMARY KEY, a int, b int)")
    try:
        sql.execute("CREATE INDEX panel_probe_a ON panel_probe (a) INCLUDE (b) WHERE b > 0")
        sql.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'panel_probe_a'::regclass")
        with app.app_context(), board() as panels:
            found = panels.read("indexes", lambda link: indexes.list_indexes(link, q="panel_probe", order="name")).items
    finally:
        sql.execute("DROP TABLE panel_probe")
    partial, key = found
    assert (partial.columns, partial.included, partial.is_partial, partial.is_valid) == (("a",), ("b",), True, False)
    assert (partial.is_idle, key.is_idle, key.is_primary) == (True, False, True)


def test_a_sequence_ends_where_its_column_does(app, world):
    sql = world.sql
    sql.execute("CREATE TABLE panel_probe (id serial)")
    try:
        sql.execute("SELECT setval('panel_probe_id_seq', 1900000000)")
        sql.execute("GRANT SELECT ON SEQUENCE panel_probe_id_seq TO qd_monitor")
        with app.app_context(), board() as panels:
            found = sequences.read_sequences(panels)
    finally:
        sql.execute("DROP TABLE panel_probe")
    one = found.items[0]
    assert (one.name, one.table, one.column, one.last) == ("panel_probe_id_seq", "panel_probe", "id", 2**31 - 1)
    assert one.used_share == pytest.approx(0.8848, abs=0.001)
    assert one.is_near


def test_a_sequence_it_may_not_see_names_the_right_that_is_missing(app, pat, urls, monkeypatch):
    monkeypatch.setitem(app.config, "SETTINGS", watched_by(app.config["SETTINGS"], urls["DATABASE_EXPLAIN_URL"]))
    found = pat.get(f"{API}/sequences").json
    assert found["missing"]
    assert found["mend"] == "GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO qd_explain;"
    assert "Fullest sequence" in pat.get("/slow-queries/tables").text


def test_sequences_made_after_the_migration_can_be_seen_too(world, urls):
    with holding(urls["DATABASE_OWNER_URL"], "CREATE SEQUENCE panel_probe_later") as owner:
        row = owner.execute("SELECT has_sequence_privilege('qd_monitor', 'panel_probe_later', 'SELECT')").fetchone()
    assert row == (True,)


def test_figures_that_javascript_cannot_hold_are_text(pat):
    assert all(isinstance(one["last"], str) for one in listed(pat, "sequences"))


def test_the_list_is_found_by_name_and_ordered_as_asked(pat):
    names = [one["name"] for one in listed(pat, "tables", q="order", sort="name")]
    assert names == sorted(names)
    assert {"orders", "order_lines"} <= set(names)
    assert listed(pat, "tables", q="100%_none") == []
    page = pat.get("/slow-queries/tables?q=order_lines&sort=dead").text
    assert 'id="table-order_lines"' in page
    assert 'id="table-items"' not in page
    assert "No tables match this filter." in pat.get("/slow-queries/tables?q=nothing-has-this-name").text


def test_what_cannot_be_asked_for_is_refused_or_left_out(pat):
    assert pat.get(f"{API}/tables?sort=drop").status_code == 422
    assert pat.get(f"{API}/tables?limit=501").status_code == 422
    assert pat.get("/slow-queries/tables?sort=drop").status_code == 200


def test_connections_are_counted_by_login_and_program(pat, urls):
    with holding(urls["DATABASE_URL"], "SELECT 1", name="panel-probe"):
        (one,) = [each for each in listed(pat, "connections") if each["application"] == "panel-probe"]
    assert (one["role"], one["total"], one["inTransaction"]) == ("qd_app", 1, 1)


@pytest.mark.parametrize("path", [f"{API}/{panel}" for panel in PANELS] + ["/slow-queries/tables"])
def test_people_of_companies_may_not_see_it(ada, vera, path):
    for person in (ada, vera):
        assert person.get(path).status_code == 403


def test_a_part_of_the_page_can_be_read_again(pat):
    part = pat.fragment("/slow-queries/tables").text
    assert all(f'id="{name}"' in part for name in ("tables", "indexes", "vacuum", "sequences", "replication"))
    assert "<html" not in part
