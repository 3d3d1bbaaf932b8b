"""Long statements in a browser: cut with dots inside their own cell, and a lock tree that keeps its steps on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.queries.pages.given import sent
from tests.world import Person

CUT = """line => {
  const cell = line.closest("th"), found = getComputedStyle(line)
  return [found.textOverflow, line.scrollWidth > line.clientWidth,
          line.getBoundingClientRect().right <= cell.getBoundingClientRect().right + 1]
}"""
INDENT = """() => {
  const wrap = document.querySelector("#statements .table-wrap"), table = wrap.querySelector("table")
  table.classList.add("plan")
  const cell = table.querySelector("tbody tr").insertCell(0)
  cell.className = "clip e-name d2"
  return parseFloat(getComputedStyle(cell).paddingInlineStart)
}"""


@pytest.mark.parametrize("width", [1280, 320])
def test_a_cut_statement_ends_with_dots_inside_its_cell(
    open_page: Callable[..., Page], pat: Person, width: int
) -> None:
    one = sent(pat).called(900, 40)
    page = open_page(pat, f"/slow-queries?q={one.fingerprint}", viewport={"width": width, "height": 800})
    line = page.locator(f"#statement-{one.fingerprint} .sql-line")
    expect(line).to_be_visible()
    assert line.evaluate(CUT) == ["ellipsis", True, True]
    assert page.evaluate(INDENT) >= 36
