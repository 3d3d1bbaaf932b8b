"""Who waits for whom: a tree with the one at its root who holds up all the others."""

from datetime import UTC, datetime
from typing import Any

from app.queries.panels.activity import Backend
from app.queries.panels.locks import Wait, _Tree
from tests.queries.panels.backends import holding, waiting
from tests.world import Person

LOCK = "LOCK TABLE orders IN ACCESS EXCLUSIVE MODE"
PATIENT = "SET lock_timeout = 0"


def locks(pat: Person, *pids: int) -> list[dict[str, Any]]:
    """The tree as JSON, of these backends."""
    found = pat.get("/api/query-optimizer/locks").json
    assert found["missing"] == ""
    return [one for one in found["items"] if one["pid"] in pids]


def test_whoever_holds_a_table_stands_above_all_who_wait_for_it_and_for_them(pat, world, urls):
    owner, app_url = urls["DATABASE_OWNER_URL"], urls["DATABASE_URL"]
    with holding(owner, LOCK) as holder:
        root = holder.info.backend_pid
        first = ["SELECT pg_advisory_xact_lock(7041)", PATIENT, "SELECT count(*) FROM orders"]
        with waiting(world.sql, app_url, *first) as middle:
            second = [PATIENT, "SELECT pg_advisory_xact_lock(7041)"]
            with waiting(world.sql, app_url, *second, name="second") as leaf:
                found = locks(pat, root, middle, leaf)
                assert [(one["pid"], one["depth"], one["holdsUp"]) for one in found] == [
                    (root, 0, 2), (middle, 1, 1), (leaf, 2, 0),
                ]  # fmt: skip
                assert found[0]["holds"] == "AccessExclusiveLock on orders"
                assert (found[1]["waitsFor"], found[1]["mode"]) == ("orders", "AccessShareLock")
                assert found[2]["waitsFor"] == "an advisory lock"
                page = pat.get("/slow-queries/live").text
                assert f"Backend {root} holds up 2 others." in page
                assert "It holds AccessExclusiveLock on orders." in page
                assert f"/slow-queries/live/{root}/termination?started=" in page


def test_a_wait_for_a_row_names_its_table(pat, ada, world, urls):
    row = f"SELECT id FROM users WHERE id = {ada.id} FOR UPDATE"
    mine = f"SELECT set_config('qd.company_id', '{ada.company_id}', false)"
    url, waiter_does = urls["DATABASE_URL"], [mine, PATIENT, row]
    with holding(url, mine, row) as holder, waiting(world.sql, url, *waiter_does) as pid:
        root, waiter = locks(pat, holder.info.backend_pid, pid)
        assert (root["pid"], waiter["pid"]) == (holder.info.backend_pid, pid)
        assert waiter["waitsFor"] == "a row of users"


def backend(pid: int, *blocked_by: int) -> Backend:
    """A backend that waits for others."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return Backend(
        pid, "qd_app", "", "", "client backend", "active", "", "", "", 1.0, 1.0, "Lock: relation", blocked_by, at,
        is_superuser=False,
    )  # fmt: skip


def tree(*backends: Backend) -> list[tuple[int, int, int, bool]]:
    """What the tree of these shows."""
    waits = {one.pid: Wait("orders", "ShareLock", 1.0) for one in backends}
    waiting_ones = {one.pid: one for one in backends if one.blocked_by}
    nodes = _Tree({one.pid: one for one in backends}, waiting_ones, waits, {}).nodes()
    return [(node.pid, node.depth, node.holds_up, node.is_circle) for node in nodes]


def test_a_circle_is_shown_once_though_it_has_no_root():
    assert tree(backend(1, 2), backend(2, 1)) == [(1, 0, 1, True), (2, 1, 1, False)]


def test_a_prepared_transaction_is_a_root_without_a_backend():
    assert tree(backend(5, 0)) == [(0, 0, 1, False), (5, 1, 0, False)]


def test_a_waiter_stands_below_the_one_who_waits_for_nobody():
    assert tree(backend(1), backend(2, 1), backend(3, 2, 1)) == [(1, 0, 2, False), (2, 1, 0, False), (3, 1, 0, False)]
