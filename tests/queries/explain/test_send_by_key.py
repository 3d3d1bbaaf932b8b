"""Who types a statement sends it without leaving the keyboard."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.world import Person


def test_control_and_enter_send_what_is_typed(pat: Person, open_page: Callable[..., Page]) -> None:
    page = open_page(pat, "/slow-queries/explain")
    box = page.get_by_label("SELECT to plan")
    box.fill("SELECT name FROM users ORDER BY name")
    with page.expect_response(
        lambda answer: answer.request.method == "POST" and answer.url.endswith("/explain")
    ) as sent:
        box.press("Control+Enter")
    assert sent.value.status == 200
    page.get_by_role("heading", name="Plan").wait_for()
