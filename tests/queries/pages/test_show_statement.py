"""One statement: its figures, where it comes from, whose time it takes, what happened to it."""

from app.core.ids import new_ulid
from tests.queries.pages.given import MINUTE, sent
from tests.world import Person


def test_its_page_says_what_is_wrong_and_shows_the_evidence(pat: Person, ada: Person) -> None:
    one = sent(pat).called(20_000, 60).called(800, 60, ago=80 * MINUTE).called(30_000, 3, ago=5 * MINUTE, timeouts=3)
    one.from_line("reports.write_report").called_by(ada.company_id, 20_000, 50).called_by(0, 20_000, 10)
    one.sampled(
        "timeout", 30_000, sqlstate="57014", request_id="request-of-the-timeout", line="app/reports/reads.py:88"
    )
    one.changed("plan", "Plan changed: index scan to sequential scan")
    html = pat.get(one.path).text
    for said in (
        "3 calls of 63 were stopped by a time limit", "25 times slower", "Plan changed: index scan", "Running out of time",
        "app/orders/reads.py:88", "reports.write_report", ada.company_slug, "The installation", "out of time",
        "request-of-the-timeout", "stopped", one.fingerprint,
    ):  # fmt: skip
        assert said in html, said
    assert '<span class="k">SELECT </span>' in html


def test_a_reread_gets_the_live_parts_only(pat: Person) -> None:
    part = pat.fragment(sent(pat).called(5, 3).path).text
    assert "<html" not in part
    for part_id in ("statement-state", "verdict", "basis", "statement-acts", "statement-detail"):
        assert f'id="{part_id}"' in part


def test_one_that_was_not_called_lately_still_has_a_page(pat: Person) -> None:
    html = pat.get(f"{sent(pat).path}?window=7d").text
    assert "It was not called in this time" in html
    assert "Where it comes from is not known yet" in html


def test_the_same_goes_as_json(pat: Person, ada: Person) -> None:
    one = sent(pat).called(20, 40).from_line("orders.list_orders").called_by(ada.company_id, 20, 40)
    told = pat.get(f"/api/query-optimizer/statements/{one.fingerprint}").json
    assert (told["calls"], told["errors"], told["before"]) == (40, 0, None)
    assert abs(told["p95Ms"] - 20) < 0.3
    assert told["calledFrom"][0]["line"] == "app/orders/reads.py:88"
    assert told["companies"][0]["company"] == ada.company_slug
    assert told["queryids"] == []


def test_one_nobody_sent_is_not_there(pat: Person) -> None:
    nobody = new_ulid().lower()
    assert pat.get(f"/slow-queries/{nobody}").status_code == 404
    assert pat.get(f"/api/query-optimizer/statements/{nobody}").json["code"] == "statement-not-found"


def test_nobody_but_platform_admins_reads_it(pat: Person, ada: Person, vera: Person) -> None:
    one = sent(pat).called(5, 3)
    for person in (ada, vera):
        assert person.get(one.path).status_code == 403
        assert person.get(f"/api/query-optimizer/statements/{one.fingerprint}").status_code == 403
