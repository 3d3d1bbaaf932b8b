"""A flagd document becomes flags of the product, and goes back as it came."""

import pytest

from app.flags.engine.model import WHOLE, Algorithm
from app.flags.flagd.faults import FlagdError
from app.flags.flagd.reading import read_document
from app.flags.flagd.schema import check_document
from app.flags.flagd.writing import write_document
from tests.flags.flagd.documents import make_flag, resolve, table_with

SHARED = {
    "ours": {"in": ["@ours.example", {"var": ["email"]}]},
    "ours-or-paid": {"or": [{"$ref": "ours"}, {"==": [{"var": "plan"}, "paid"]}]},
    "unused": {"==": [1, 1]},
}
DOCUMENT = {
    "$schema": "https://flagd.dev/schema/v0/flags.json",
    "flags": {
        "plain": {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "off"},
        "disabled": {"state": "DISABLED", "variants": {"a": "x", "b": "y"}, "defaultVariant": "a"},
        "no-default": {"state": "ENABLED", "variants": {"one": 1, "two": 2.5}},
        "targeted": {
            "state": "ENABLED",
            "variants": {"red": {"hex": "#f00"}, "blue": {"hex": "#00f"}},
            "defaultVariant": "red",
            "targeting": {"if": [{"$ref": "ours-or-paid"}, {"fractional": [["red", 25], ["blue", 75]]}, None]},
            "metadata": {"owner": "design", "weight": 1.5},
        },
        "off-with-targeting": {
            "state": "DISABLED",
            "variants": {"red": "r", "blue": "b"},
            "targeting": {"if": [{"$ref": "ours"}, "red"]},
        },
    },
    "$evaluators": {key: SHARED[key] for key in ("ours", "ours-or-paid")},
    "metadata": {"flagSetId": "shop", "version": "7"},
}


def there_and_back(document, algorithm=Algorithm.FLAGD_V2):
    reading = read_document(document, algorithm)
    written = write_document(map(make_flag, reading.flags), {}, reading.metadata, algorithm)
    assert written.refused == {}
    return written.document


@pytest.mark.parametrize("algorithm", [Algorithm.FLAGD_V1, Algorithm.FLAGD_V2, Algorithm.FLAGD_V3])
def test_a_document_goes_back_as_it_came(algorithm):
    assert there_and_back(DOCUMENT, algorithm) == DOCUMENT
    assert check_document(there_and_back(DOCUMENT, algorithm)) == []


def test_reading_twice_gives_the_same():
    again = there_and_back(there_and_back(DOCUMENT))
    assert again == DOCUMENT
    assert read_document(again) == read_document(DOCUMENT)


def test_a_list_of_flags_is_read_like_an_object_of_flags():
    listed = [{"key": key, **flag} for key, flag in DOCUMENT["flags"].items()]
    assert there_and_back({**DOCUMENT, "flags": listed}) == DOCUMENT


def test_a_flag_keeps_the_draw_of_its_source():
    (fields,) = read_document({"flags": {"f": DOCUMENT["flags"]["plain"]}}, Algorithm.FLAGD_V3).flags
    assert fields["algorithm"] == "flagd-v3"
    with pytest.raises(FlagdError, match="not by murmur3"):
        read_document(DOCUMENT, Algorithm.MURMUR3)


def test_without_targeting_everybody_gets_the_default_variant():
    fields = {one["key"]: one for one in read_document(DOCUMENT).flags}
    assert (fields["plain"]["on_variant"], fields["plain"]["off_variant"]) == ("off", None)
    assert fields["plain"]["settings"]["percentage"] == WHOLE
    assert fields["no-default"]["settings"]["percentage"] == 0


def test_a_flag_carries_the_shared_rules_it_uses_also_through_others():
    document = {**DOCUMENT, "$evaluators": SHARED}
    fields = {one["key"]: one for one in read_document(document).flags}
    assert set(fields["targeted"]["settings"]["targeting"]["$evaluators"]) == {"ours", "ours-or-paid"}
    assert set(fields["off-with-targeting"]["settings"]["targeting"]["$evaluators"]) == {"ours"}


def test_shared_rules_of_one_name_and_two_meanings_are_written_out():
    flags = []
    for key, part in (("one", {"==": [1, 1]}), ("two", {"==": [1, 2]})):
        body = {
            "state": "ENABLED",
            "variants": {"on": True, "off": False},
            "defaultVariant": "off",
            "targeting": {"if": [{"$ref": "same"}, "on", "off"]},
        }
        flags += read_document({"flags": {key: body}, "$evaluators": {"same": part}}).flags
    document = write_document(map(make_flag, flags), {}).document
    assert document["$evaluators"] == {"same": {"==": [1, 1]}}
    assert document["flags"]["two"]["targeting"] == {"if": [{"==": [1, 2]}, "on", "off"]}


def test_what_the_product_has_no_place_for_is_said():
    flag = {**DOCUMENT["flags"]["plain"], "description": "The shop."}
    assert read_document({"flags": {"f": flag}}).notes == ["“f”: “description” is not kept."]


def test_every_mistake_is_named_at_once():
    document = {"flags": {"a": {"state": "ON", "variants": {"on": True}}, "b": {"state": "ENABLED", "variants": {}}}}
    with pytest.raises(FlagdError) as caught:
        read_document(document)
    assert [fault.path for fault in caught.value.faults] == ["/flags/a/state", "/flags/b/variants"]


def test_a_reference_to_nothing_is_refused():
    body = {**DOCUMENT["flags"]["plain"], "targeting": {"if": [{"$ref": "nobody"}, "on"]}}
    with pytest.raises(FlagdError, match="no shared rule 'nobody'") as caught:
        read_document({"flags": {"f": body}})
    assert caught.value.faults[0].path == "/flags/f/targeting"


def test_loops_in_loops_in_loops_are_refused():
    loop = {"map": [[1], {"map": [[1], {"map": [[1], 1]}]}]}
    body = {**DOCUMENT["flags"]["plain"], "targeting": {"if": [loop, "on"]}}
    with pytest.raises(FlagdError, match="Loops are nested"):
        read_document({"flags": {"f": body}})


def test_a_read_flag_answers():
    table = table_with(*map(make_flag, read_document(DOCUMENT).flags))
    assert resolve(table, "object", "targeted", {}, "ada").value == {"hex": "#f00"}
    assert resolve(table, "object", "targeted", {}, "ada", plan="paid").reason == "TARGETING_MATCH"
    assert resolve(table, "string", "off-with-targeting", "mine", "ada", email="x@ours.example").value == "mine"
