"""What a move costs once: by hand, to the cent."""

from collections.abc import Callable
from decimal import Decimal

from flask import Flask

from app.storage.migrating.costs import cost_of_plan
from app.storage.migrating.rows import Scope

GB = 10**9


def test_a_move_to_r2_costs_what_amazon_sends(app_with: Callable[..., Flask]) -> None:
    app = app_with(s3_profile="aws", aws_s3_bucket="b")
    plan = {
        "source_reads": 2_000_000, "target_writes": 2_000_000, "target_stats": 2_000_000, "target_reads": 0,
        "bytes": 600 * GB, "copied_bytes": 0,
    }  # fmt: skip
    with app.app_context():
        found = cost_of_plan(Scope("m", "s3", "cloudflare-r2"), plan)
    # 500 GB above the free 100 at $0.09, 2 M reads at $0.40; R2: 1 M writes above the free one at $4.50, reads within
    # the free 10 M. Other files of this database's month at S3 are far below what is free.
    assert found["source"] in {"45.80", "45.81"}  # what others of this month asked moves the last cent
    assert found["target"] == "4.50"
    assert Decimal(found["once"]) == Decimal(found["source"]) + Decimal(found["target"])
