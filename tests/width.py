"""Whether a page fits its window, once it has settled: right after a resize a frame may still show the old columns."""

from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

SETTLED_MS = 5000
FITS = "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"
OUTSIDE = """() => {
  const edge = document.documentElement.clientWidth + 1;
  return [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > edge)
    .slice(0, 8)
    .map((one) => `${one.tagName}.${one.className} to ${Math.round(one.getBoundingClientRect().right)}`);
}"""


def assert_fits(page: Page, state: str = "") -> None:
    """Fail unless the page comes to fit its window; `state` is added to what is said then."""
    assert find_outside(page) == [], f"{page.url} {state}"


def find_outside(page: Page) -> list[str]:
    """Return what stands outside of a page that does not come to fit its window; nothing when it does."""
    try:
        page.wait_for_function(FITS, timeout=SETTLED_MS)
    except PlaywrightTimeout:
        width = page.evaluate("document.documentElement.clientWidth")
        return [f"wider than {width} px", *page.evaluate(OUTSIDE)]
    return []
