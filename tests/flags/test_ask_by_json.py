"""The JSON of flags at its paths: what platform admins do, what a company's admins see."""

import pytest

from app import flags
from app.flags import service
from tests.flags.acts import as_platform, fresh_key, make_flag
from tests.world import Person

BASE = "/api/degradation/features"


def test_a_platform_admin_runs_a_flag_through_its_life(pat: Person) -> None:
    key = fresh_key()
    made = pat.post(BASE, json={"key": key, "description": "New picker", "scope": "company"})
    assert made.status_code == 201, made.text
    assert (made.json["enabled"], made.json["percentage"], made.json["scope"]) == (False, 0, "company")
    assert pat.post(f"{BASE}/{key}/enable", json={"reason": "pilot"}).json["enabled"]
    assert pat.post(f"{BASE}/{key}/rollout", json={"percentage": 12.5}).json["percentage"] == 12.5
    assert pat.post(f"{BASE}/{key}/rollout", json={"percentage": 0.001}).json["percentage"] == 0.001
    assert pat.post(f"{BASE}/{key}/allow", json={"targetId": "harbour"}).json["allowed"] == 1
    assert pat.post(f"{BASE}/{key}/block", json={"targetId": "a/b c"}).json["blocked"] == 1
    asked = pat.get(f"{BASE}/{key}/check?targetId=harbour").json
    assert (asked["key"], asked["targetId"], asked["enabled"]) == (key, "harbour", True)
    assert (asked["variant"], asked["value"], asked["decider"]) == ("on", True, "allow")
    assert pat.get(f"{BASE}/{key}/check?targetId=a/b%20c").json["decider"] == "block"
    assert pat.delete(f"{BASE}/{key}/block/a/b%20c").json["blocked"] == 0
    assert pat.delete(f"{BASE}/{key}/allow/harbour").json["allowed"] == 0
    assert pat.delete(f"{BASE}/{key}/allow/harbour").json["allowed"] == 0
    assert not pat.post(f"{BASE}/{key}/disable").json["enabled"]
    assert pat.get(f"{BASE}/{key}").json["percentage"] == 0.001
    changes = pat.get(f"{BASE}/{key}/versions").json["items"]
    assert [one["act"] for one in changes] == [
        "disabled", "unlisted", "unlisted", "blocked", "allowed", "share-set", "share-set", "enabled", "created",
    ]  # fmt: skip
    assert changes[5]["changes"] == {"percentage": [12.5, 0.001]}
    undone = pat.post(f"{BASE}/{key}/versions/{changes[0]['id']}/revert", json={"reason": "too early"})
    assert undone.json["enabled"]
    assert pat.delete(f"{BASE}/{key}").json["archivedAt"]
    assert pat.get(f"{BASE}/{key}").status_code == 404


def test_the_seeded_flags_are_listed_in_pages(pat: Person) -> None:
    seen, after = [], ""
    while True:
        page = pat.get(f"{BASE}?limit=4&after={after}").json
        seen += [one["key"] for one in page["items"]]
        after = page["nextCursor"]
        if after is None:
            break
    assert seen == sorted(seen)
    assert {"core-api", "maintenance-mode", "use-read-replicas"} <= set(seen)
    found = pat.get(f"{BASE}?q=maintenance-mode").json["items"]
    assert [one["key"] for one in found] == ["maintenance-mode"]


def test_a_companys_admin_sees_the_own_answers_and_nobody_elses(pat: Person, ada: Person, cleo: Person) -> None:
    key = make_flag(pat, scope="company", description="Secret plan")
    with as_platform(pat):
        service.enable(key)
        service.allow(key, ada.company_slug, "another-company")
        flags.table()
    assert ada.get(f"{BASE}/{key}").json["enabled"]
    assert not cleo.get(f"{BASE}/{key}").json["enabled"]
    listed = ada.get(f"{BASE}?q={key}")
    assert "another-company" not in listed.text
    assert set(listed.json["items"][0]) == {
        "key",
        "environment",
        "description",
        "enabled",
        "variant",
        "value",
        "reason",
    }
    assert ada.get(f"{BASE}/{key}/check").json["enabled"]
    assert ada.get(f"{BASE}/{key}/check?targetId={ada.company_slug}").json["enabled"]
    assert ada.get(f"{BASE}/{key}/check?targetId={ada.public_id}").json["enabled"]
    for other in (cleo.company_slug, cleo.public_id, "another-company", "%01"):
        assert ada.get(f"{BASE}/{key}/check?targetId={other}").status_code == 404
    assert ada.get(f"{BASE}/nowhere").status_code == 404


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", ""), ("POST", "/core-api/enable"), ("POST", "/core-api/disable"), ("POST", "/core-api/rollout"),
        ("POST", "/core-api/allow"), ("DELETE", "/core-api/allow/x"), ("PUT", "/core-api/settings"),
        ("PUT", "/core-api/lists/allow"), ("GET", "/core-api/lists/allow"), ("GET", "/core-api/versions"),
        ("POST", "/core-api/explain"), ("GET", "/export"), ("POST", "/import"), ("DELETE", "/core-api"),
    ],
)  # fmt: skip
def test_only_platform_admins_change_flags(ada: Person, sam: Person, method: str, path: str) -> None:
    for person in (ada, sam):
        assert person.ask(method, BASE + path, json={}).status_code == 403


def test_staff_do_not_look_at_flags(sam: Person) -> None:
    assert sam.get(BASE).status_code == 403


@pytest.mark.parametrize("percentage", [101, -1, 0.0001, "NaN", True, None, "many"])
def test_what_is_no_percentage_is_refused(pat: Person, percentage: object) -> None:
    answer = pat.post(f"{BASE}/mobile-app/rollout", json={"percentage": percentage})
    assert answer.status_code == 422
    assert answer.json["errors"][0]["field"] == "percentage"


@pytest.mark.parametrize(
    ("key", "said"),
    [("a b", "Use 1 to 100 letters"), ("x" * 101, "Use 1 to 100 letters"), ("export", "choose another key")],
)
def test_a_wrong_key_is_answered_with_the_rule(pat: Person, key: str, said: str) -> None:
    answer = pat.post(BASE, json={"key": key})
    assert answer.status_code == 422
    assert said in answer.json["errors"][0]["message"]


def test_nan_itself_is_refused(pat: Person) -> None:
    answer = pat.post(f"{BASE}/mobile-app/rollout", data='{"percentage": NaN}', content_type="application/json")
    assert answer.status_code in {400, 422}


@pytest.mark.parametrize("key", ["a?b", "-a", "", "x" * 101, "a b"])
def test_a_key_that_cannot_be_one_is_refused(pat: Person, key: str) -> None:
    answer = pat.post(BASE, json={"key": key})
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "key")


def test_two_editors_at_once_get_409_with_the_difference(pat: Person) -> None:
    key = make_flag(pat)
    version = pat.get(f"{BASE}/{key}").json["version"]
    first = pat.put(f"{BASE}/{key}/settings", json={"version": version, "percentage": 20, "owner": "Ada"})
    assert first.status_code == 200, first.text
    second = pat.put(f"{BASE}/{key}/settings", json={"version": version, "percentage": 30})
    assert (second.status_code, second.json["code"]) == (409, "flag-changed")
    assert second.json["changed"] == {"owner": ["", "Ada"], "percentage": [0, 20]}
    assert second.json["changed_by" if "changed_by" in second.json else "changedBy"] == pat.name


def test_rules_come_back_as_they_were_sent(pat: Person) -> None:
    key = make_flag(pat)
    rule = {
        "id": "r1", "name": "staff first", "segments": [],
        "conditions": [{"attribute": "role", "operator": "one_of", "values": ["staff", 3, True], "negate": False}],
        "serve": {"variant": None, "split": [{"variant": "on", "weight": 2}], "percentage": 12.5},
    }  # fmt: skip
    body = {"enabled": True, "rules": [rule], "split": [{"variant": "on", "weight": 1}]}
    answer = pat.put(f"{BASE}/{key}/settings", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json["rules"] == [rule]
    assert answer.json["split"] == body["split"]
    explained = pat.post(f"{BASE}/{key}/explain", json={"context": {"targetingKey": "x", "role": "staff"}}).json
    assert explained["answer"]["reason"] in {"SPLIT", "TARGETING_MATCH", "DEFAULT"}
    assert any(step["verdict"] == "decided" for step in explained["steps"])


def test_a_list_is_read_and_replaced(pat: Person) -> None:
    key = make_flag(pat)
    answer = pat.put(f"{BASE}/{key}/lists/allow", json={"targets": ["a", "b", "a"]})
    assert answer.json["allowed"] == 2
    page = pat.get(f"{BASE}/{key}/lists/allow?limit=1").json
    assert [one["target"] for one in page["items"]] == ["a"]
    assert page["nextCursor"]


def test_two_million_ids_are_refused_before_they_are_read(pat: Person) -> None:
    key = make_flag(pat)
    many = '{"targets": [' + '"a",' * 1_999_999 + '"a"]}'
    answer = pat.put(f"{BASE}/{key}/lists/allow", data=many, content_type="application/json")
    assert answer.status_code == 413
    fewer = '{"targets": [' + '"a",' * 100_001 + '"a"]}'
    answer = pat.put(f"{BASE}/{key}/lists/allow", data=fewer, content_type="application/json")
    assert (answer.status_code, answer.json["code"]) == (422, "flag-list-too-long")


def test_a_repeated_act_with_a_key_happens_once(pat: Person) -> None:
    key, headers = make_flag(pat), {"Idempotency-Key": fresh_key("once")}
    first = pat.post(f"{BASE}/{key}/rollout", json={"percentage": 5}, headers=headers)
    with as_platform(pat):
        service.set_percentage(key, 9_000)
    again = pat.post(f"{BASE}/{key}/rollout", json={"percentage": 5}, headers=headers)
    assert again.json == first.json
    assert again.headers["Idempotency-Replayed"] == "true"
    assert pat.get(f"{BASE}/{key}").json["percentage"] == 9


def test_segments_are_made_edited_and_archived(pat: Person) -> None:
    path = f"/api/degradation/segments/{fresh_key('segment')}"
    made = pat.put(path, json={"included": ["a"], "version": 0})
    assert made.status_code == 200, made.text
    assert pat.put(path, json={"included": ["b"], "version": 0}).status_code == 409
    wrong = {"attribute": "ip", "operator": "in_network", "values": ["nowhere"]}
    assert pat.put(path, json={"conditions": [wrong]}).status_code == 422
    assert pat.get(path).json["included"] == ["a"]
    assert pat.delete(path).status_code == 204
    assert pat.delete(path).status_code == 404


def test_a_flagd_document_goes_in_and_comes_out(pat: Person) -> None:
    key = fresh_key()
    flag = {"state": "ENABLED", "variants": {"red": "#f00", "blue": "#00f"}, "defaultVariant": "red"}
    sent = {"document": {"flags": {key: flag}}}
    first = pat.post(f"{BASE}/import", json=sent)
    assert first.status_code == 200, first.text
    assert first.json["created"] == [key]
    assert pat.post(f"{BASE}/import", json=sent).json["unchanged"] == [key]
    assert pat.get(f"{BASE}/{key}/check?targetId=x").json["value"] == "#f00"
    assert pat.get(f"{BASE}/export?format=flagd").json["flags"][key]["defaultVariant"] == "red"
    wrong = pat.post(f"{BASE}/import", json={"document": {"flags": {key: {"state": "MAYBE"}}}})
    assert (wrong.status_code, wrong.json["code"]) == (422, "flag-import-wrong")
    assert wrong.json["errors"]
