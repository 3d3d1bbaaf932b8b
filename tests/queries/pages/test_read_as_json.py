"""Whatever stands in a table of these pages can be had as JSON, from a link beside it."""

import re

import pytest

from tests.queries.pages.given import sent
from tests.world import Person

PAGES = {
    "/slow-queries": ("metrics",),
    "/slow-queries/outside": ("server",),
    "/slow-queries/repeats": ("repeats",),
    "/slow-queries/advice": ("indexes",),
    "/slow-queries/live": ("activity", "locks"),
    "/slow-queries/tables": ("tables", "tables/indexes", "vacuum", "sequences", "replication", "connections"),
    "/pools": ("/api/pools",),
    "/cache": ("/api/cache",),
}
LINK = re.compile(r'href="(/api/[^"]+)"')


@pytest.mark.parametrize("path", PAGES)
def test_every_table_of_a_page_is_json_too(pat: Person, path: str) -> None:
    shown = pat.get(path).text
    linked = [found.replace("&amp;", "&") for found in LINK.findall(shown)]
    for name in PAGES[path]:
        address = name if name.startswith("/") else f"/api/query-optimizer/{name}"
        assert any(one.partition("?")[0] == address for one in linked), f"{address} is not linked"
    for address in linked:
        answer = pat.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "application/json"), address


def test_a_statement_with_all_that_is_known_of_it_is_json_too(pat: Person) -> None:
    one = sent(pat).called(500, 40).sampled("slow", 500)
    told = pat.get(f"/api/query-optimizer/statements/{one.fingerprint}").json
    assert told["fingerprint"] == one.fingerprint
    assert {"origins", "companies", "samples", "changes"} <= set(told)
    assert pat.get(f"/api/query-optimizer/statements/{one.fingerprint}/plans").status_code == 200
