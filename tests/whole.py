"""Whether a page is whole: no axe violation, no CSP violation or script's error, no sideways scroll, day and night."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import axe_playwright_python
from playwright.sync_api import ConsoleMessage, Page

from tests.width import find_outside

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# A theme changes colours and nothing else: by night only the rules about colours are asked again.
THEMES: dict[Literal["light", "dark"], list[str]] = {"light": TAGS, "dark": ["color-contrast", "link-in-text-block"]}
# Colours are looked at once they are drawn and no longer on their way.
SETTLE = """async () => {
    await new Promise(drawn => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const ways = document.getAnimations().filter(one => one instanceof CSSTransition);
    await Promise.allSettled(ways.map(one => one.finished));
}"""
SIZES = {"wide": (1280, 900), "narrow": (320, 700)}


def listen(page: Page) -> list[str]:
    """Return what the browser complains of from now on: the list grows."""
    faults: list[str] = []
    page.on("console", lambda message: is_fault(message) and faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    return faults


def is_fault(message: ConsoleMessage) -> bool:
    """Say whether the browser complains of us; a page that answers 403 or 410 on purpose is no fault."""
    return message.type == "error" and "the server responded with a status of 4" not in message.text


def visit(page: Page, paths: Iterable[str]) -> list[str]:
    """Open pages one after another and return what is wrong with them; each must answer 200.

    Give it a page with reduced motion: no colour is looked at while it changes.
    """
    faults = listen(page)
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        faults += [f"{path}: {fault}" for fault in look_from_all_sides(page)]
    return faults


def look_from_all_sides(page: Page) -> list[str]:
    """Return what is wrong with a page by day and night, wide and narrow: only its styles know of either."""
    found = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme, rules in THEMES.items():
            page.emulate_media(color_scheme=theme)
            page.evaluate(SETTLE)
            faults = look(page, rules)
            if any(
                "color-contrast" in fault for fault in faults
            ):  # on a busy machine a colour may have been on its way
                page.evaluate(SETTLE)
                faults = look(page, rules)
            found += [f"{theme} {size}: {fault}" for fault in faults]
    return found


def look(page: Page, rules: Sequence[str] = TAGS) -> list[str]:
    """Return what is wrong with the page as it stands."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    result: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], preload: false})", rules
    )
    found = [f"axe {v['id']}: {v['nodes'][0]['html'][:160]}" for v in result["violations"]]
    return found + find_outside(page)
