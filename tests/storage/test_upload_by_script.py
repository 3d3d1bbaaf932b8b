"""The page that sends files, in a real browser: chosen and dropped, cut off and resumed, refused and cancelled."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.storage import hostile
from tests.world import Person

PART = 8 << 20
DROP = """([name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
}"""
LIMIT_MS = 60_000
Open = Callable[..., Page]


def names(person: Person) -> set[str]:
    return {one["fileName"] for one in person.get("/api/files?limit=200").json["items"]}


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A picture of nine parts: up to 64 MiB goes as a whole."""
    path = tmp_path / "big.png"
    path.write_bytes(hostile.PNG + bytes(8 * PART + 1000))
    return path


def test_files_are_chosen_dropped_and_sent(open_page: Open, sam: Person) -> None:
    page = open_page(sam, "/storage/upload")
    button = page.locator("#send [type=submit]")
    expect(button).to_be_disabled()
    page.set_input_files("#f-file", [{"name": "Größe.csv", "mimeType": "text/csv", "buffer": b"a,b\n"}])
    page.evaluate(DROP, ["dropped.txt", "hello"])
    page.set_input_files("#f-file", [{"name": "lie.png", "mimeType": "image/png", "buffer": hostile.HTML}])
    page.set_input_files("#f-file", [{"name": "setup.exe", "mimeType": "", "buffer": b"MZ"}])
    expect(button).to_have_text("Send 4 files")
    page.focus("#f-file")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    rows = page.locator("#sends > li")
    for at, word in enumerate(("Sent", "Sent", "Not taken", "Not taken")):
        expect(rows.nth(at).locator(".state:visible")).to_have_text(word, timeout=LIMIT_MS)
    expect(rows.nth(2).locator("[data-send-why]")).to_contain_text("its bytes are text/html")
    expect(rows.nth(3).locator("[data-send-why]")).to_contain_text("are not taken in documents")
    expect(page.locator("#sends-sum")).to_have_text("2 of 4 sent, 2 not taken")
    assert names(sam) == {"Größe.csv", "dropped.txt"}
    rows.nth(0).get_by_role("link").click()
    expect(page.locator("h1")).to_contain_text("Größe.csv")


def test_a_large_file_goes_on_where_a_broken_line_left_it(open_page: Open, sam: Person, big: Path) -> None:
    page = open_page(sam, "/storage/upload")
    sent: list[int] = []

    def count(route: Route) -> None:
        sent.append(1)
        if len(sent) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/files/signed/**", count)
    page.set_input_files("#f-file", big)
    page.click("#send [type=submit]")
    expect(page.locator("#sends > li .state:visible")).to_have_text("Sent", timeout=LIMIT_MS)
    assert len(sent) == 10, "nine parts, and one of them again"
    (file,) = sam.get("/api/files").json["items"]
    assert file["sha256"] == hashlib.sha256(big.read_bytes()).hexdigest()


def test_a_large_file_goes_on_after_the_page_was_closed(open_page: Open, sam: Person, big: Path) -> None:
    page = open_page(sam, "/storage/upload")
    sent: list[int] = []

    def stop_after_one(route: Route) -> None:
        sent.append(1)
        if len(sent) == 1:
            route.continue_()

    page.route("**/files/signed/**", stop_after_one)
    with page.expect_response(lambda answer: "/files/signed/" in answer.url):
        page.set_input_files("#f-file", big)
        page.click("#send [type=submit]")
    page.wait_for_function("() => Object.keys(localStorage).some((key) => key.startsWith('qd-send:'))")
    (file_id,) = page.evaluate(
        "() => Object.entries(localStorage).filter(([key]) => key.startsWith('qd-send:')).map(([, id]) => id)"
    )
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/storage/upload")
    page.unroute("**/files/signed/**")  # earlier, what hangs would still be sent
    there = len(sam.get(f"/api/files/{file_id}/parts").json["items"])
    assert there == 1
    again: list[int] = []
    page.on("request", lambda request: again.append(1) if "/files/signed/" in request.url else None)
    page.set_input_files("#f-file", big)
    page.click("#send [type=submit]")
    expect(page.locator("#sends > li .state:visible")).to_have_text("Sent", timeout=LIMIT_MS)
    assert len(again) == 9 - there
    (file,) = sam.get("/api/files").json["items"]
    assert (file["id"], file["sha256"]) == (file_id, hashlib.sha256(big.read_bytes()).hexdigest())


def test_a_file_is_cancelled_and_sent_after_all(open_page: Open, sam: Person, big: Path) -> None:
    page = open_page(sam, "/storage/upload")
    page.route("**/files/signed/**", lambda route: None)
    page.set_input_files("#f-file", big)
    with page.expect_response(lambda answer: answer.url.endswith("/parts") and answer.request.method == "POST"):
        page.click("#send [type=submit]")
    row = page.locator("#sends > li")
    with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        row.get_by_role("button", name="Cancel big.png").click()
    expect(row.locator(".state:visible")).to_have_text("Cancelled")
    page.unroute("**/files/signed/**")
    row.get_by_role("button", name="Try again big.png").click()
    expect(row.locator(".state:visible")).to_have_text("Sent", timeout=LIMIT_MS)
    assert len(sam.get("/api/files").json["items"]) == 1


def test_it_works_without_script(open_page: Open, sam: Person) -> None:
    page = open_page(sam, "/storage/upload", java_script_enabled=False)
    page.set_input_files("#f-file", [{"name": "a.txt", "mimeType": "text/plain", "buffer": b"a"}])
    page.click("#send [type=submit]")
    expect(page).to_have_url("/storage/files")
    assert names(sam) == {"a.txt"}
