"""The list of statements: what costs most, what became slower, what ran out of time."""

import csv

import pytest

from tests.queries.pages.given import HOUR, MINUTE, forget_all, row_of, sent
from tests.world import Person


@pytest.fixture(autouse=True)
def _nothing_else(pat: Person) -> None:
    forget_all(pat)


def test_the_one_that_takes_most_time_leads_and_the_sentence_names_it(pat: Person) -> None:
    heavy = sent(pat).called(900, 40).called(30, 40, ago=80 * MINUTE).from_line("reports.write_report")
    light = sent(pat, table="orders").called(150, 40).called(150, 40, ago=80 * MINUTE)
    html = pat.get("/slow-queries").text
    assert html.index(f"statement-{heavy.fingerprint}") < html.index(f"statement-{light.fingerprint}")
    assert "Read order_lines" in html
    assert "went from 30 ms to 9" in html.split('id="verdict"')[1].split("</p>")[0]
    row = row_of(html, heavy)
    assert "was 30 ms" in row
    assert "86%" in row
    assert "reports.write_report" in row
    assert "as before" in row_of(html, light)


def test_time_is_the_applications_and_postgresqls_own_stands_beside_it(pat: Person) -> None:
    waiting = sent(pat).called(900, 40).counted(exec_ms=12)
    working = sent(pat, table="orders").called(500, 40).counted(exec_ms=19_000)
    html = pat.get("/slow-queries").text
    said = html.split('id="verdict"')[1].split("</p>")[0]
    assert "of all statement time, as the application saw it" in said
    assert "Mostly not in PostgreSQL, which executes a call in 0.3 ms." in said
    assert "times as the application saw them" in html.split('id="basis"')[1].split("</p>")[0]
    assert "mostly not in PostgreSQL" in row_of(html, waiting)
    assert "PostgreSQL 12 ms" in row_of(html, waiting)
    assert "mostly not in PostgreSQL" not in row_of(html, working)
    told = {one["fingerprint"]: one for one in pat.get("/api/query-optimizer/metrics").json["items"]}
    assert (told[waiting.fingerprint]["serverMs"], told[waiting.fingerprint]["isElsewhere"]) == (12, True)
    assert told[working.fingerprint]["isElsewhere"] is False
    page = pat.get(waiting.path).text
    assert "Mostly not in PostgreSQL: it executes a call in 0.3 ms" in page
    assert "as the application saw it, PostgreSQL 12 ms of 36" in page


def test_a_statement_that_times_out_is_bad_however_seldom(pat: Person) -> None:
    sent(pat, table="orders").called(200, 400)
    stopped = sent(pat).called(30_000, 2, timeouts=2)
    html = pat.get("/slow-queries").text
    said = html.split('id="verdict"')[0][-200:] + html.split('id="verdict"')[1].split("</p>")[0]
    assert "verdict--bad" in said
    assert "ran out of time twice" in said
    assert "2 timeouts" in row_of(html, stopped)


def test_what_costs_next_to_nothing_is_left_out_until_it_is_asked_for(pat: Person) -> None:
    sent(pat).called(500, 400)
    light = sent(pat, table="orders").called(0.4, 40)
    page = pat.get("/slow-queries").text
    assert f"statement-{light.fingerprint}" not in page
    assert "The other 1 statement" in page
    assert f"statement-{light.fingerprint}" in pat.get("/slow-queries?all=1").text


@pytest.mark.parametrize("sort", ["total", "p95", "calls", "mean", "timeouts"])
def test_every_order_goes_on_where_the_page_before_ended(pat: Person, sort: str) -> None:
    made = {sent(pat).called(100 + number, 40 + number, timeouts=number % 3).fingerprint for number in range(5)}
    seen: list[str] = []
    after = ""
    for _ in range(5):
        told = pat.get(f"/api/query-optimizer/metrics?sort={sort}&limit=2{after}").json
        seen += [one["fingerprint"] for one in told["items"]]
        if told["nextCursor"] is None:
            break
        after = f"&after={told['nextCursor']}"
    assert len(seen) == 5
    assert set(seen) == made
    assert pat.get(f"/slow-queries?all=1&sort={sort}").status_code == 200


def test_it_is_found_by_its_words_its_table_its_origin_and_its_company(pat: Person, ada: Person) -> None:
    one = sent(pat).called(5, 40).called_by(ada.company_id, 5, 30).from_line("orders.list_orders")
    other = sent(pat, table="orders", verb="update").called(5, 40)
    for q in ("quantity sku", "table:order_lines", "from:list_orders", f"company:{ada.company_slug}"):
        html = pat.get("/slow-queries", query_string={"q": q}).text
        assert f"statement-{one.fingerprint}" in html, q
        assert f"statement-{other.fingerprint}" not in html, q
    assert "No statements match" in pat.get("/slow-queries?q=company:nobody-at-all").text
    assert "Remove filter" in pat.get("/slow-queries?q=table:orders").text


def test_a_reread_gets_the_live_parts_only(pat: Person) -> None:
    sent(pat).called(500, 40)
    part = pat.fragment("/slow-queries").text
    assert "<html" not in part
    for part_id in ("verdict", "basis", "statements"):
        assert f'id="{part_id}"' in part


def test_an_empty_installation_says_so(pat: Person) -> None:
    html = pat.get("/slow-queries").text
    assert "No statement has been measured" in html
    assert pat.get("/slow-queries?window=7d&sort=nonsense&q=%01").status_code == 200


def test_the_windows_reach_further_back(pat: Person) -> None:
    old = sent(pat).called(500, 40, ago=5 * HOUR)
    assert f"statement-{old.fingerprint}" not in pat.get("/slow-queries").text
    assert f"statement-{old.fingerprint}" in pat.get("/slow-queries?window=24h").text


def test_the_same_list_goes_as_csv(pat: Person) -> None:
    one, uncounted = sent(pat).called(500, 40).counted(exec_ms=480), sent(pat).called(300, 40)
    answer = pat.get("/slow-queries/export.csv")
    assert answer.mimetype == "text/csv"
    rows = {row["fingerprint"]: row for row in csv.DictReader(answer.text.splitlines())}
    assert set(rows) == {one.fingerprint, uncounted.fingerprint}
    row = rows[one.fingerprint]
    assert (row["calls"], row["server_ms"], row["server_mean_ms"]) == ("40", "480.0", "12.0")
    assert rows[uncounted.fingerprint]["server_ms"] == ""


def test_nobody_but_platform_admins_reads_it(ada: Person, sam: Person, vera: Person) -> None:
    for person in (ada, sam, vera):
        for path in (
            "/slow-queries",
            "/slow-queries/repeats",
            "/slow-queries/export.csv",
            "/api/query-optimizer/metrics",
        ):
            assert person.get(path).status_code == 403, path
        assert "Slow queries" not in person.get("/orders").text
