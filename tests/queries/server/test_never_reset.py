"""The counters are everybody's: the product never resets them, in no line of code and in no statement it sends."""

import re
from typing import Any

from tests.stage import ROOT

RESET = re.compile(r"pg_stat_(statements_)?reset|pg_stat_reset", re.IGNORECASE)
OURS = ["qd_app", "qd_system", "qd_platform", "qd_monitor", "qd_owner", "qd_explain", "qd_backup"]


def test_no_line_of_the_product_resets_a_counter():
    folders = [ROOT / "app", ROOT / "migrations", ROOT / "bench", ROOT / "bin", ROOT / "deploy"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert len(files) > 100
    assert [str(path) for path in files if RESET.search(path.read_text(encoding="utf-8", errors="replace"))] == []


def test_none_of_our_logins_could_even_if_one_line_did(root: Any):
    may = "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND has_function_privilege(oid, %s, 'EXECUTE')"
    function = "pg_stat_statements_reset(oid, oid, bigint, boolean)"
    assert root.execute(may, (OURS, function)).fetchall() == []


def test_no_statement_of_ours_was_a_reset(root: Any, read: Any):
    read()
    sent = root.execute(
        "SELECT query FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname = ANY(%s)", (OURS,)
    ).fetchall()
    assert sent
    assert [text for (text,) in sent if RESET.search(text)] == []
