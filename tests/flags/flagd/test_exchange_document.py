"""A document taken over by the API answers as it did where it came from, and comes out of the API as it went in."""

import pytest
from openfeature.evaluation_context import EvaluationContext

from app import flags
from tests.flags.acts import fresh_key

IMPORT, EXPORT = "/api/degradation/features/import", "/api/degradation/features/export"
COLOURS = {"red": "r", "green": "g", "blue": "b"}


@pytest.fixture
def document():
    """Three flags with names of their own."""
    name = fresh_key("shared")
    bodies = {
        "plain": {"state": "ENABLED", "variants": {"a": 1.5, "b": 2}, "defaultVariant": "a"},
        "disabled": {"state": "DISABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"},
        "drawn": {
            "state": "ENABLED",
            "variants": COLOURS,
            "defaultVariant": "red",
            "targeting": {"if": [{"$ref": name}, {"fractional": [["green", 30], ["blue", 70]]}, None]},
            "metadata": {"owner": "shop"},
        },
    }
    return {
        "flags": {fresh_key(key): body for key, body in bodies.items()},
        "$evaluators": {name: {"in": [{"var": "plan"}, ["pro", "max"]]}},
    }


def taken_over(pat, document, **more):
    return pat.post(IMPORT, json={"document": document, **more})


def test_a_document_comes_out_as_it_went_in(pat, document):
    answer = taken_over(pat, document)
    assert answer.status_code == 200, answer.json
    assert set(answer.json["created"]) == set(document["flags"])
    out = pat.get(EXPORT).json
    assert {key: out["flags"][key] for key in document["flags"]} == document["flags"]
    assert document["$evaluators"].items() <= out["$evaluators"].items()


def test_taking_it_over_again_changes_nothing(pat, document):
    taken_over(pat, document)
    again = taken_over(pat, document)
    assert (again.status_code, set(again.json["unchanged"])) == (200, set(document["flags"]))


def test_nobody_changes_side(pat, document, stock):
    taken_over(pat, document)
    drawn = next(key for key in document["flags"] if key.startswith("drawn"))
    theirs = stock(document)
    for number in range(300):
        attributes = {"plan": ["pro", "max", "free"][number % 3]}
        wanted = theirs.resolve_string_details(drawn, "", EvaluationContext(f"u{number}", attributes)).value
        with pat.app.app_context():
            assert flags.evaluate(drawn, {"targetingKey": f"u{number}", **attributes}).value == wanted


def test_a_mistake_is_named_with_its_place_and_nothing_is_taken_over(pat, document):
    bad = fresh_key("bad")
    document["flags"][bad] = {"state": "ON", "variants": {"a": 1}}
    answer = taken_over(pat, document)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [f"/flags/{bad}/state"]
    assert not set(document["flags"]) & set(pat.get(EXPORT).json["flags"])


def test_the_flags_are_the_installations(ada, document):
    assert taken_over(ada, document).status_code == 403
    assert ada.get(EXPORT).status_code == 403
