"""What real processes answer is seen in the console within ten seconds, without anybody asking them to write."""

import time

from flask import Flask

from app.core.ids import new_ulid
from app.core.installation import installation
from app.flags import service as flags
from tests.site import Site, wait_for
from tests.world import Person

ASKED = 20


def test_answers_of_real_processes_are_counted_within_ten_seconds(
    app: Flask, site: Site, pat: Person, ada: Person
) -> None:
    import requests

    key = f"counted-{new_ulid().lower()}"
    with app.app_context(), installation():
        flags.create_flag(key, {"scope": "user"})
        flags.enable(key)
    token = ada.post("/api/tokens", json={"name": "sdk", "scopes": ["flags:evaluate"], "limitPerMin": 100_000}).json[
        "token"
    ]
    headers = {"Authorization": f"Bearer {token}"}

    def ask() -> int:
        address = f"{site.url}/ofrep/v1/evaluate/flags/{key}"
        return requests.post(address, json={"context": {"targetingKey": "u1"}}, headers=headers, timeout=10).status_code

    wait_for(lambda: all(ask() == 200 for _ in range(4)), limit_s=15)  # every worker has heard of it
    for _ in range(ASKED):
        assert ask() == 200
    asked_at = time.monotonic()

    def counted() -> int:
        rows = pat.world.sql.execute(
            "SELECT coalesce(sum(answers), 0)::int AS n FROM flag_counts WHERE flag_key = %s", (key,)
        ).fetchone()
        return int(rows["n"]) if rows else 0

    wait_for(lambda: counted() >= ASKED, limit_s=20)
    assert time.monotonic() - asked_at <= 10
