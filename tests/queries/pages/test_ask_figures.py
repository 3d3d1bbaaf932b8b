"""Figures of statements over JSON: all of them, together, by company, and whether somebody should look."""

import pytest

from app.queries.reads.overall import folded_at
from tests.queries.pages.given import MINUTE, forget_all, sent
from tests.world import Person

API = "/api/query-optimizer"


@pytest.fixture(autouse=True)
def _nothing_else(pat: Person) -> None:
    forget_all(pat)


def test_every_statement_has_its_figures(pat: Person) -> None:
    one = sent(pat).called(1500, 40).called(100, 40, ago=80 * MINUTE)
    sent(pat, table="orders").called(1, 10)
    told = pat.get(f"{API}/metrics").json
    assert (told["statements"], told["calls"], told["slowMs"], told["watchMs"]) == (2, 50, 1000, 100)
    first = told["items"][0]
    assert (first["fingerprint"], first["calls"], first["isSlow"], first["tables"]) == (
        one.fingerprint, 40, True, ["order_lines"],
    )  # fmt: skip
    assert abs(first["p95Ms"] - 1500) < 20
    assert abs(first["before"]["p95Ms"] - 100) < 2
    assert first["cacheShare"] is None
    assert [item["fingerprint"] for item in pat.get(f"{API}/metrics?slowOnly=true").json["items"]] == [one.fingerprint]


def test_a_companys_part_is_asked_by_its_short_name(pat: Person, ada: Person, cleo: Person) -> None:
    one = sent(pat).called(20, 40).called_by(ada.company_id, 20, 30)
    told = pat.get(f"{API}/metrics?companyId={ada.company_slug}").json
    assert [(item["fingerprint"], item["calls"]) for item in told["items"]] == [(one.fingerprint, 30)]
    assert pat.get(f"{API}/metrics?companyId={cleo.company_slug}").json["items"] == []
    assert pat.get(f"{API}/statistics?companyId={ada.company_slug}").json["calls"] == 30


def test_all_statements_together(pat: Person) -> None:
    sent(pat).called(1500, 10)
    sent(pat).called(150, 10, timeouts=1).called(10, 80)
    told = pat.get(f"{API}/statistics").json
    assert (told["statements"], told["calls"], told["timeouts"], told["slow"], told["watched"]) == (2, 100, 1, 10, 20)
    assert abs(told["avgMs"] - 173) < 1
    assert abs(told["p50Ms"] - 10) < 0.2
    assert abs(told["p95Ms"] - 1500) < 20
    assert pat.get(f"{API}/statistics?window=24h").json["calls"] == 100
    assert pat.get(f"{API}/statistics?window=1y").status_code == 422


def test_nothing_measured_is_nothing_not_an_error(pat: Person) -> None:
    told = pat.get(f"{API}/statistics").json
    assert (told["calls"], told["avgMs"], told["p95Ms"]) == (0, None, None)
    assert pat.get(f"{API}/metrics?after=made-up").status_code == 400


def test_health_says_who_does_not_write_and_what_runs_out_of_time(pat: Person, ada: Person) -> None:
    made = "UPDATE companies SET created_at = now() - %s::interval WHERE id = %s"
    forget_all(pat)
    pat.world.sql.execute("DELETE FROM server_counters")  # what was read of PostgreSQL's, beside other tests
    pat.world.sql.execute(made, ["1 minute", pat.company_id])
    told = pat.get(f"{API}/health").json
    assert (told["status"], told["foldedAt"]) == ("starting", None)
    assert told["problems"] == [
        "Nothing is known yet: what statements cost is written down for the first time within a minute."
    ]
    pat.world.sql.execute(made, ["1 hour", pat.company_id])
    told = pat.get(f"{API}/health").json
    assert told["status"] == "down"
    assert "never" in told["problems"][0]
    sent(pat).called(30_000, 2, timeouts=2, ago=MINUTE)
    told = pat.get(f"{API}/health").json
    assert (told["status"], told["timingOut"]) == ("degraded", 1)
    assert "1 statement ran out of time in the last hour." in told["problems"]
    with ada.acting():
        assert folded_at() is None  # a tenant sees nothing of it, whatever asks


def test_repeated_reads_are_listed_with_what_mends_them(pat: Person) -> None:
    one = sent(pat).called(5, 26).repeated(26)
    [told] = pat.get(f"{API}/repeats").json["items"]
    assert (told["fingerprint"], told["most"], told["advice"]) == (one.fingerprint, 26, "selectinload(Order.lines)")
    html = pat.get("/slow-queries/repeats").text
    assert "sends one statement 26 times in a single request" in html
    assert "selectinload(Order.lines)" in html
    assert 'id="repeats"' in pat.fragment("/slow-queries/repeats").text
    forget_all(pat)
    assert "No request reads the same again and again." in pat.get("/slow-queries/repeats").text


def test_slow_only_is_what_is_slow_and_not_what_takes_much_of_the_time(pat: Person) -> None:
    slow = sent(pat).called(150, 40)
    stopped = sent(pat).called(5, 40).called(5, 1, timeouts=1)
    busy = sent(pat, table="orders").called(20, 4000)
    told = {one["fingerprint"]: one["isSlow"] for one in pat.get(f"{API}/metrics").json["items"]}
    assert told == {slow.fingerprint: True, stopped.fingerprint: True, busy.fingerprint: False}
    only = pat.get(f"{API}/metrics?slowOnly=true").json["items"]
    assert {one["fingerprint"] for one in only} == {slow.fingerprint, stopped.fingerprint}
    assert f"statement-{busy.fingerprint}" in pat.get("/slow-queries").text  # people see both


def test_one_companys_share_from_memory_is_not_known(pat: Person, ada: Person) -> None:
    sent(pat).called(5, 40).called_by(ada.company_id, 5, 40).counted(exec_ms=100)
    assert pat.get(f"{API}/statistics").json["cacheHitRate"] == 0.75
    assert pat.get(f"{API}/statistics?companyId={ada.company_slug}").json["cacheHitRate"] is None


def test_others_are_refused_whatever_company_they_name(ada: Person, cleo: Person) -> None:
    for path in ("metrics", "statistics", "health", "repeats"):
        assert ada.get(f"{API}/{path}").status_code == 403, path
        for slug in (ada.company_slug, cleo.company_slug, "nobody-at-all"):
            assert ada.get(f"{API}/{path}?companyId={slug}").status_code == 403, (path, slug)
