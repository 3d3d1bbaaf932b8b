"""The switch: off at once with Undo, on in production only after its reach was shown."""

from collections.abc import Callable

from tests.flags.pages.conftest import Shown
from tests.world import Person

FlagOf = Callable[..., Shown]


def test_switching_on_in_production_shows_the_reach_first(pat: Person, flag_of: FlagOf, ada: Person) -> None:
    made = flag_of(scope="company")
    made.allow(ada.company_slug)
    asked = pat.post(f"{made.path}/switch", data={"on": "1"})
    assert asked.status_code == 409
    assert f"Switch {made.key} on in production?" in asked.text
    assert "1 by name" in asked.text
    assert not made.now().is_enabled
    answer = pat.post(f"{made.path}/switch", data={"on": "1", "confirmed": "1", "reason": "It is ready."})
    assert answer.status_code == 303
    assert made.now().is_enabled
    assert "It is ready." in pat.get(made.path).text


def test_staging_needs_no_question(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    assert pat.post(f"{made.path}/switch?environment=staging", data={"on": "1"}).status_code == 303
    assert made.now("staging").is_enabled
    assert not made.now().is_enabled


def test_switching_off_acts_at_once_and_undo_takes_it_back(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    made.enable()
    assert pat.post(f"{made.path}/switch", data={"on": "0"}).status_code == 303
    assert not made.now().is_enabled
    undo = f"{made.path}/versions/{made.newest()}/revert"
    assert f'action="{undo}"' in pat.get(made.path).text
    assert pat.post(undo).status_code == 303
    assert made.now().is_enabled


def test_the_same_form_twice_switches_once(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    made.enable()
    again = {"on": "0", "idempotency_key": f"k-{made.key}"}
    first, second = (pat.post(f"{made.path}/switch", data=again) for _ in range(2))
    assert (first.status_code, second.status_code) == (303, 303)
    assert made.history().count("disabled") == 1


def test_a_switch_in_the_list_leads_back_to_the_list(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    made.enable()
    referrer = "http://localhost/flags?view=rolling-out"
    answer = pat.post(f"{made.path}/switch", data={"on": "0"}, headers={"Referer": referrer})
    assert answer.headers["Location"] == "/flags?view=rolling-out"
    outside = pat.post(f"{made.path}/switch", data={"on": "0"}, headers={"Referer": "http://evil.test/flags"})
    assert outside.headers["Location"] == made.path


def test_nobody_else_switches(ada: Person, sam: Person, vera: Person, cleo: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    made.enable()
    for person in (ada, sam, vera, cleo):
        assert person.post(f"{made.path}/switch", data={"on": "0"}).status_code == 403
        assert person.post(f"{made.path}/versions/{made.newest()}/revert").status_code == 403
    assert made.now().is_enabled


def test_archiving_wants_a_reason_and_can_be_undone(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    assert "Archive" in pat.get(f"{made.path}/archive").text
    assert pat.post(f"{made.path}/archive", data={"reason": "  "}).status_code == 422
    assert pat.post(f"{made.path}/archive", data={"reason": "Its work is done."}).status_code == 303
    assert pat.get(made.path).status_code == 404
    assert pat.post(f"{made.path}/versions/{made.newest()}/revert").status_code == 303
    assert pat.get(made.path).status_code == 200


def test_what_the_product_asks_itself_is_not_archived(pat: Person) -> None:
    assert pat.post("/flags/core-api/archive", data={"reason": "Try"}).status_code == 409
    assert pat.get("/flags/core-api").status_code == 200
