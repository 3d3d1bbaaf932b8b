"""The pages of breakers: the list, and one of them."""

import pytest

from app.breakers.fleet import reports
from app.breakers.reads import Touch, register_touching
from app.breakers.reads.touching import _find
from app.core.ids import new_ulid
from tests.breakers.console import fail, make_breaker, succeed
from tests.world import Person, World


def test_the_list_names_the_worst_first(pat: Person) -> None:
    one = make_breaker()
    fail(one, 2)
    html = pat.get("/breakers").text
    assert "All breakers" in html
    assert f'id="breaker-{one.name}"' in html
    assert "has been open" in html or "is open" in html


def test_a_reread_gets_the_live_parts_only(pat: Person) -> None:
    one = make_breaker()
    whole, part = pat.get("/breakers").text, pat.fragment("/breakers").text
    assert "<html" in whole
    assert "<html" not in part
    for part_id in ("verdict", "basis", "degraded", "breakers"):
        assert f'id="{part_id}"' in part
    detail = pat.fragment(f"/breakers/{one.name}").text
    for part_id in ("verdict", "basis", "breaker-acts", "breaker-detail"):
        assert f'id="{part_id}"' in detail


def test_one_breaker_shows_its_limits_and_its_calls(pat: Person) -> None:
    one = make_breaker(sliding_window_size=4, minimum_number_of_calls=4)
    succeed(one, 1)
    fail(one, 1)
    html = pat.get(f"/breakers/{one.name}").text
    assert "50% failed" in html
    assert "4 calls, at least 4 calls" in html
    assert "is closed: every call is made." in html


def test_who_feels_it_is_named(pat: Person) -> None:
    one = make_breaker()

    def answer(name: str) -> list[Touch]:
        return [Touch("Flag", "vision-analysis", "/flags/vision-analysis")] if name == one.name else []

    register_touching(answer)
    try:
        assert "/flags/vision-analysis" in pat.get(f"/breakers/{one.name}").text
        assert "1 thing depends on it" in pat.get(f"/breakers/{one.name}/hold/open").text
    finally:
        _find.remove(answer)


def test_one_that_no_process_has_is_not_called_closed(pat: Person, world: World) -> None:
    name = f"test-{new_ulid().lower()}"
    world.sql.execute(
        "INSERT INTO breakers (company_id, name) SELECT id, %s FROM companies WHERE slug = 'platform'", (name,)
    )
    try:
        row = pat.get("/breakers").text.split(f'id="breaker-{name}"')[1].split("</tr>")[0]
        assert "Not in use now" in row
        assert "Closed" not in row
        assert "is not in use now" in pat.get(f"/breakers/{name}").text
    finally:
        world.sql.execute("DELETE FROM breakers WHERE name = %s", (name,))


def test_a_caller_without_a_name_is_left_out(pat: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    one = make_breaker()
    monkeypatch.setattr(reports, "read_callers", lambda client, name: [("unknown", 9), ("orders.show_order", 4)])
    callers = pat.get(f"/breakers/{one.name}").text.split("Called from</h2>")[1].split("</section>")[0]
    assert "orders.show_order" in callers
    assert "unknown" not in callers
    listed = pat.get("/breakers").text.split(f'id="breaker-{one.name}"')[1].split("</tr>")[0]
    assert "unknown" not in listed


def test_the_rail_counts_what_is_open(pat: Person, ada: Person) -> None:
    fail(make_breaker(), 2)
    assert '<span class="sr"> open</span>' in pat.get("/breakers").text
    assert "/breakers" not in ada.get("/orders").text


def test_nobody_but_platform_admins_sees_them(ada: Person, vera: Person) -> None:
    one = make_breaker()
    for person in (ada, vera):
        for path in (
            "/breakers",
            f"/breakers/{one.name}",
            f"/breakers/{one.name}/limits",
            f"/breakers/{one.name}/hold/open",
        ):
            assert person.get(path).status_code == 403, path


def test_a_breaker_nobody_knows_is_a_page_that_says_so(pat: Person) -> None:
    answer = pat.get("/breakers/no-such")
    assert answer.status_code == 404
    assert "There is no breaker no-such" in answer.text
