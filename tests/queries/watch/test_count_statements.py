"""Every statement of a process is counted, by what it is and by who asked."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Flask

from app.core.asking import asked_by
from app.core.db import db
from app.core.installation import installation
from app.queries.watch.fingerprint import fingerprint_of

Rows = Callable[..., list[dict[str, Any]]]


def test_a_statement_of_a_job_becomes_a_minute_an_hour_and_an_origin(
    app: Flask, shipped: Callable[[], None], rows: Rows
) -> None:
    text = "SELECT slug, 1 AS counted_here FROM companies WHERE slug = :slug"
    with app.app_context(), installation(), asked_by("tests.count", "J1"):
        for slug in ("platform", "nobody", "platform"):
            db.session.execute(sa.text(text), {"slug": slug}).all()
    shipped()
    fingerprint = fingerprint_of(text.replace(":slug", "$1"))
    [statement] = rows("SELECT * FROM query_statements WHERE fingerprint = :f", f=fingerprint)
    assert statement["text"] == "SELECT slug, $2 AS counted_here FROM companies WHERE slug = $1"
    assert (statement["verb"], statement["tables"]) == ("select", ["companies"])
    for table in ("query_minutes", "query_hours"):
        [row] = rows(f"SELECT * FROM {table} WHERE fingerprint = :f", f=fingerprint)
        assert (row["calls"], row["errors"], row["rows"]) == (3, 0, 2)
        assert sum(row["buckets"].values()) == 3
        assert row["max_us"] <= row["total_us"]
    [origin] = rows("SELECT * FROM query_origins WHERE fingerprint = :f", f=fingerprint)
    assert (origin["endpoint"], origin["calls"]) == ("tests.count", 3)
