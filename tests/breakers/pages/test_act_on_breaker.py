"""Acts on a breaker by forms, with or without script."""

import pytest

from tests.breakers.console import fail, make_breaker
from tests.world import Person


def test_reset_closes_it_and_says_so(pat: Person) -> None:
    one = make_breaker()
    fail(one, 2)
    answer = pat.post(f"/breakers/{one.name}/reset")
    assert (answer.status_code, answer.location) == (303, f"/breakers/{one.name}")
    assert one.state.name == "CLOSED"
    assert f"{one.name} is reset" in pat.get(answer.location).text


@pytest.mark.parametrize(
    ("how", "state", "words"),
    [
        ("open", "FORCED_OPEN", "is held open"),
        ("closed", "DISABLED", "is held closed"),
        ("measuring", "METRICS_ONLY", "only measures"),
    ],
)
def test_a_hold_is_asked_for_and_shown_with_reason_and_time(pat: Person, how: str, state: str, words: str) -> None:
    one = make_breaker()
    assert "Leave it as it is" in pat.get(f"/breakers/{one.name}/hold/{how}").text
    answer = pat.post(f"/breakers/{one.name}/hold/{how}", data={"for_s": "600", "reason": "Moving house"})
    assert answer.status_code == 303
    assert one.state.name == state
    html = pat.get(f"/breakers/{one.name}").text
    assert words in html
    assert "Moving house" in html
    assert "Release" in html
    assert pat.post(f"/breakers/{one.name}/release").status_code == 303
    assert one.state.name == "CLOSED"


def test_a_hold_of_a_mistaken_length_is_asked_again(pat: Person) -> None:
    one = make_breaker()
    answer = pat.post(f"/breakers/{one.name}/hold/open", data={"for_s": "soon"})
    assert answer.status_code == 422
    assert "Choose for how long." in answer.text
    assert one.state.name == "CLOSED"


def test_limits_are_changed_everywhere_and_an_empty_field_is_the_codes(pat: Person) -> None:
    one = make_breaker()
    page = pat.get(f"/breakers/{one.name}/limits").text
    assert "the code says 50" in page
    answer = pat.post(f"/breakers/{one.name}/limits", data={"failureRateThreshold": "75", "version": "0"})
    assert answer.status_code == 303, answer.text
    assert one.config.failure_rate_threshold == 75
    assert 'value="75"' in pat.get(f"/breakers/{one.name}/limits").text
    answer = pat.post(f"/breakers/{one.name}/limits", data={"failureRateThreshold": "", "version": "1"})
    assert answer.status_code == 303
    assert one.config.failure_rate_threshold == 50


def test_limits_nobody_can_mean_come_back_beside_their_fields(pat: Person) -> None:
    one = make_breaker()
    answer = pat.post(
        f"/breakers/{one.name}/limits",
        data={"failureRateThreshold": "101", "slidingWindowSize": "many", "version": "0"},
    )
    assert answer.status_code == 422
    assert "Give a number above 0 and up to 100." in answer.text
    assert 'value="many"' in answer.text
    assert one.config.failure_rate_threshold == 50


def test_two_editors_at_once_the_second_sees_what_is_different(pat: Person) -> None:
    one = make_breaker()
    pat.post(f"/breakers/{one.name}/limits", data={"failureRateThreshold": "75", "version": "0"})
    answer = pat.post(f"/breakers/{one.name}/limits", data={"failureRateThreshold": "60", "version": "0"})
    assert answer.status_code == 409
    assert "Somebody changed these limits meanwhile" in answer.text
    assert one.config.failure_rate_threshold == 75


def test_nobody_else_may(ada: Person) -> None:
    one = make_breaker()
    for path in ("reset", "release", "hold/open", "limits"):
        assert ada.post(f"/breakers/{one.name}/{path}", data={}).status_code == 403
