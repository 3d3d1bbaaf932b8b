"""New flags, definitions and segments by their forms."""

from app.flags import reads
from tests.flags.acts import as_platform, fresh_key
from tests.world import Person


def test_a_flag_is_made_off_everywhere(pat: Person) -> None:
    key = fresh_key()
    form = {"key": key, "description": "A new slip", "scope": "company", "type": "boolean", "owner": "Priya Nair",
            "tags": "orders, paper", "on_variant": "on", "off_variant": "off"}  # fmt: skip
    assert pat.post("/flags", data=form).headers["Location"] == f"/flags/{key}"
    with as_platform(pat):
        made = reads.find_flag(key)
    assert (made.scope, made.tags, made.owner, made.is_enabled) == ("company", ("orders", "paper"), "Priya Nair", False)
    assert "There is a flag" in pat.post("/flags", data=form).text


def test_a_flag_of_json_with_its_variants(pat: Person) -> None:
    key = fresh_key()
    variants = 'small = {"rows": 10}\nlarge = {"rows": 50}'
    form = {
        "key": key,
        "type": "object",
        "scope": "user",
        "variants": variants,
        "on_variant": "large",
        "off_variant": "",
    }
    assert pat.post("/flags", data=form).status_code == 303
    with as_platform(pat):
        made = reads.find_flag(key)
    assert made.variants == {"small": {"rows": 10}, "large": {"rows": 50}}
    assert made.off_variant is None


def test_what_is_wrong_is_said_beside_the_field(pat: Person) -> None:
    for key in ("what?", "", "segments", "-x"):
        answer = pat.post("/flags", data={"key": key, "type": "boolean"})
        assert answer.status_code == 422, key
        assert 'id="f-key"' in answer.text
        assert "aria-invalid" in answer.text
    wrong = {"key": fresh_key(), "type": "number", "variants": "few = 3\nmany = lots", "on_variant": "few"}
    answer = pat.post("/flags", data=wrong)
    assert answer.status_code == 422
    assert "has to be a number" in answer.text


def test_a_definition_is_changed_and_its_conflict_shown(pat: Person) -> None:
    key = fresh_key()
    pat.post("/flags", data={"key": key, "type": "boolean", "scope": "user"})
    with as_platform(pat):
        version = str(reads.find_flag(key).version)
    form = {
        "description": "Better words",
        "permanent": "1",
        "on_variant": "on",
        "off_variant": "off",
        "version": version,
    }
    assert pat.post(f"/flags/{key}/definition", data=form).status_code == 303
    with as_platform(pat):
        made = reads.find_flag(key)
    assert (made.description, made.is_permanent, dict(made.variants)) == (
        "Better words",
        True,
        {"on": True, "off": False},
    )
    late = pat.post(f"/flags/{key}/definition", data={**form, "description": "Other words"})
    assert late.status_code == 409
    assert "Better words" in late.text


def test_a_segment_is_made_used_changed_and_kept_while_used(pat: Person) -> None:
    segment, key = fresh_key("segment"), fresh_key()
    conditions = {"segment-0-attribute": "role", "segment-0-operator": "equals", "segment-0-values": "staff"}
    made = pat.post("/flags/segments", data={"key": segment, "description": "Staff", **conditions})
    assert made.headers["Location"] == f"/flags/segments/{segment}"
    assert pat.post("/flags/segments", data={"key": segment}).status_code == 422
    pat.post("/flags", data={"key": key, "type": "boolean", "scope": "user"})
    rule = {
        "rule-0-id": "",
        "rule-0-name": "",
        "rule-0-segments": segment,
        "rule-0-serve": "on",
        "rule-0-percentage": "100",
    }
    assert pat.post(f"/flags/{key}/rules", data=rule).status_code == 303
    assert f"/flags/segments/{segment}" in pat.get(f"/flags/{key}").text
    assert key in pat.get("/flags/segments").text
    assert key in pat.get(f"/flags/segments/{segment}/archive").text
    refused = pat.post(f"/flags/segments/{segment}/archive", data={"reason": "Not needed"})
    assert refused.status_code == 409
    pat.post(f"/flags/{key}/rules", data={**rule, "rule-0-id": "x", "rule-0-remove": "1"})
    assert pat.post(f"/flags/segments/{segment}/archive", data={"reason": "Not needed"}).status_code == 303
    assert pat.get(f"/flags/segments/{segment}").status_code == 404


def test_a_wrong_condition_of_a_segment_is_said_beside_it(pat: Person) -> None:
    form = {"key": fresh_key("segment"), "segment-0-attribute": "ip", "segment-0-operator": "in_network",
            "segment-0-values": "everywhere"}  # fmt: skip
    answer = pat.post("/flags/segments", data=form)
    assert answer.status_code == 422
    assert "networks such as" in answer.text
    assert 'value="everywhere"' in answer.text
