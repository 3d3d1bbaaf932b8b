"""The page of the linter, and the same as JSON."""

import pytest

from app.queues.lint import Judged, Result, Rule, Standing
from app.queues.views.reliability import verdict_on
from tests.world import Person


def result(standing: Standing) -> Result:
    return Result(Rule("x", "X", "Y", lambda _: Judged(standing, "z")), Judged(standing, "z"))


def test_every_rule_is_shown_with_what_was_found_and_the_fix(pat: Person) -> None:
    html, told = pat.get("/queues/reliability").text, pat.get("/api/queues/reliability").json
    assert len(told["items"]) >= 10
    for one in told["items"]:
        assert f'id="rule-{one["code"]}"' in html
        assert one["standing"] in set(Standing)
        assert bool(one["fix"]) or one["standing"] in {"kept", "note", "unknown"}
    assert told["isSafe"] is all(one["standing"] != "danger" for one in told["items"])


def test_the_worst_comes_first(pat: Person) -> None:
    order = ["danger", "warning", "unknown", "note", "kept"]
    places = [order.index(one["standing"]) for one in pat.get("/api/queues/reliability").json["items"]]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("standing", "tone", "words"),
    [
        (Standing.DANGER, "bad", "Jobs can be lost or done twice: 1 of 2 rules is broken."),
        (Standing.WARNING, "warn", "1 thing needs a look"),
        (Standing.UNKNOWN, "idle", "1 of 2 rules could not be judged"),
        (Standing.KEPT, "good", "All 2 rules are kept"),
    ],
)
def test_the_sentence_is_about_the_worst(standing: Standing, tone: str, words: str) -> None:
    verdict = verdict_on([result(standing), result(Standing.KEPT)])
    assert verdict.tone == tone
    assert words in verdict.text


def test_a_reread_gets_the_live_parts_only(pat: Person) -> None:
    part = pat.fragment("/queues/reliability").text
    assert "<html" not in part
    for part_id in ("verdict", "basis", "paused", "rules"):
        assert f'id="{part_id}"' in part


def test_nobody_but_platform_admins_sees_it(ada: Person, sam: Person, vera: Person) -> None:
    for person in (ada, sam, vera):
        assert person.get("/queues/reliability").status_code == 403
        assert person.get("/api/queues/reliability").status_code == 403
