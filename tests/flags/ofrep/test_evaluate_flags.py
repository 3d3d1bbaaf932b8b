"""OFREP's answers: one flag, all flags, and every way to be refused. Shapes are those of protocol 0.3.0."""

from typing import Any

import pytest
from flask import Flask

from tests.flags.ofrep.conftest import FlagMaker, Script, change_settings, script_of
from tests.world import Person

# Of the document's enum; DEFAULT is in its examples and decision 0006 only, but every server sends it.
REASONS = {"STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN", "DEFAULT"}
CODES = {"PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"}


def check_success(answer: dict[str, Any]) -> dict[str, Any]:
    """Hold an answer to the schema, and to what clients need beyond it."""
    assert set(answer) <= {"key", "reason", "variant", "value", "metadata"}
    assert answer["reason"] in REASONS
    assert ("variant" in answer) == ("value" in answer)  # neither: the caller's own default
    assert all(isinstance(one, bool | str | int | float) for one in answer.get("metadata", {}).values())
    return answer


def check_failure(answer: dict[str, Any]) -> dict[str, Any]:
    assert set(answer) == {"key", "errorCode", "errorDetails"}
    assert answer["errorCode"] in CODES | {"FLAG_NOT_FOUND"}
    assert answer["errorDetails"]
    return answer


@pytest.mark.parametrize(
    ("type_", "variants", "expected"),
    [
        ("boolean", {"on": True, "off": False}, True),
        ("string", {"on": "blue", "off": "grey"}, "blue"),
        ("number", {"on": 3, "off": 0}, 3),
        ("number", {"on": 1, "off": 0.5}, 1.0),
        ("object", {"on": {"deep": [1, {"x": None}]}, "off": {}}, {"deep": [1, {"x": None}]}),
    ],
)
def test_every_type_is_answered_with_variant_and_reason(
    sdk: Script, make_flag: FlagMaker, type_: str, variants: dict[str, Any], expected: Any
) -> None:
    answer = sdk.one(make_flag(type_=type_, variants=variants), {"targetingKey": "u1"})
    assert answer.status_code == 200
    body = check_success(answer.json)
    assert (body["value"], body["variant"], body["reason"]) == (expected, "on", "STATIC")
    assert type(body["value"]) is type(expected)


def test_a_flag_switched_off_answers_its_off_value(sdk: Script, make_flag: FlagMaker) -> None:
    body = check_success(sdk.one(make_flag(enabled=False)).json)
    assert (body["value"], body["variant"], body["reason"]) == (False, "off", "DISABLED")


def test_a_flag_without_off_variant_leaves_the_value_to_the_caller(sdk: Script, make_flag: FlagMaker) -> None:
    body = sdk.one(make_flag(off=None, percentage=0), {"targetingKey": "u1"}).json
    assert (body["reason"], "value" in body) == ("DEFAULT", False)


def test_an_unknown_flag_is_404_with_its_key(sdk: Script) -> None:
    answer = sdk.one("no-such-flag")
    assert answer.status_code == 404
    assert check_failure(answer.json) == {
        "key": "no-such-flag",
        "errorCode": "FLAG_NOT_FOUND",
        "errorDetails": "There is no flag “no-such-flag”.",
    }


def test_a_draw_without_a_targeting_key_is_an_error_and_no_luck(sdk: Script, make_flag: FlagMaker) -> None:
    key = make_flag(percentage=50_000)
    for _ in range(3):
        answer = sdk.one(key)
        assert (answer.status_code, check_failure(answer.json)["errorCode"]) == (400, "TARGETING_KEY_MISSING")
    listed = {flag["key"]: flag for flag in sdk.all().json["flags"]}
    assert check_failure(listed[key])["errorCode"] == "TARGETING_KEY_MISSING"


@pytest.mark.parametrize("body", [{}, {"context": {}}, {"context": None}])
def test_clients_that_send_no_context_are_answered(sdk: Script, make_flag: FlagMaker, body: dict[str, Any]) -> None:
    assert sdk.ask(f"/ofrep/v1/evaluate/flags/{make_flag()}", body).status_code == 200


def test_bodies_that_cannot_be_meant_are_named(sdk: Script, make_flag: FlagMaker) -> None:
    path = f"/ofrep/v1/evaluate/flags/{make_flag()}"
    headers = {"Authorization": f"Bearer {sdk.token}", "Content-Type": "application/json"}
    cases = [(b"{", "PARSE_ERROR"), (b"[" * 100_000, "PARSE_ERROR"), (b"[1]", "INVALID_CONTEXT")]
    cases += [(b'{"context": 7}', "INVALID_CONTEXT"), (b'"text"', "INVALID_CONTEXT")]
    for body, code in cases:
        answer = sdk.client.post(path, data=body, headers=headers)
        assert (answer.status_code, check_failure(answer.json)["errorCode"]) == (400, code), body[:20]
    bulk = sdk.client.post("/ofrep/v1/evaluate/flags", data=b"{", headers=headers)
    assert (bulk.status_code, set(bulk.json)) == (400, {"errorCode", "errorDetails"})


def test_all_flags_at_once_with_where_to_listen(sdk: Script, make_flag: FlagMaker) -> None:
    on, off = make_flag(), make_flag(enabled=False)
    answer = sdk.all({"targetingKey": "u1"})
    assert answer.status_code == 200
    assert answer.headers["ETag"].startswith('W/"')
    listed = {flag["key"]: flag for flag in answer.json["flags"]}
    assert (listed[on]["value"], listed[off]["value"]) == (True, False)
    (place,) = answer.json["eventStreams"]
    assert place["type"] == "sse"
    assert place["url"].startswith("http")
    for flag in listed.values():
        check_failure(flag) if "errorCode" in flag else check_success(flag)


def test_304_while_nothing_is_different_for_this_context(app: Flask, sdk: Script, make_flag: FlagMaker) -> None:
    key = make_flag()
    tag = sdk.all({"targetingKey": "u1"}).headers["ETag"]
    again = sdk.all({"targetingKey": "u1"}, If_None_Match=tag)
    assert (again.status_code, again.data) == (304, b"")
    assert sdk.all({"targetingKey": "u2"}, If_None_Match=tag).status_code == 200
    change_settings(app, key, enabled=False)
    changed = sdk.all({"targetingKey": "u1"}, If_None_Match=tag)
    assert (changed.status_code, changed.headers["ETag"] != tag) == (200, True)


def test_a_tag_of_one_company_is_never_good_in_another(sdk: Script, cleo: Person) -> None:
    tag = sdk.all({"targetingKey": "u1"}).headers["ETag"]
    answer = script_of(cleo).all({"targetingKey": "u1"}, If_None_Match=tag)
    assert answer.status_code == 200


def test_a_tenant_is_answered_for_its_own_company_whatever_it_says(
    ada: Person, cleo: Person, sdk: Script, make_flag: FlagMaker
) -> None:
    rule = {"attribute": "company", "operator": "equals", "values": [cleo.company_slug]}
    key = make_flag(percentage=0, rules=[{"id": "r1", "conditions": [rule], "serve": {"variant": "on"}}])
    assert sdk.one(key, {"targetingKey": "u1", "company": cleo.company_slug}).json["value"] is False
    assert script_of(cleo).one(key, {"targetingKey": "u1"}).json["value"] is True


def test_a_platform_token_says_which_company_it_asks_for(pat: Person, ada: Person, make_flag: FlagMaker) -> None:
    rule = {"attribute": "company", "operator": "equals", "values": [ada.company_slug]}
    key = make_flag(percentage=0, rules=[{"id": "r1", "conditions": [rule], "serve": {"variant": "on"}}])
    script = script_of(pat)
    assert script.one(key, {"company": ada.company_slug}).json["value"] is True
    assert script.one(key, {"company": "somebody-else"}).json["value"] is False


def test_another_environment_has_an_address_of_its_own(sdk: Script, make_flag: FlagMaker) -> None:
    staged = make_flag(environment="staging")
    assert sdk.one(staged).json["value"] is False  # production has no settings for it: off
    there = sdk.ask(f"/ofrep/environments/staging/ofrep/v1/evaluate/flags/{staged}")
    assert check_success(there.json)["value"] is True
    everything = sdk.ask("/ofrep/environments/staging/ofrep/v1/evaluate/flags")
    assert everything.json["metadata"]["environment"] == "staging"
    missing = sdk.ask("/ofrep/environments/nowhere/ofrep/v1/evaluate/flags")
    assert (missing.status_code, missing.json["code"]) == (422, "flag-environment-unknown")


def test_who_may_not_is_told_so(app: Flask, ada: Person, make_flag: FlagMaker) -> None:
    key = make_flag()
    nobody = Script(app.test_client(), "qd_nothing")
    assert nobody.one(key).status_code == 401
    assert nobody.all().status_code == 401
    assert script_of(ada, "orders:read").one(key).status_code == 403
    by_key = app.test_client().post(
        f"/ofrep/v1/evaluate/flags/{key}", json={}, headers={"X-API-Key": script_of(ada).token}
    )
    assert by_key.status_code == 200


def test_too_many_questions_are_429_with_when_to_come_back(ada: Person, make_flag: FlagMaker) -> None:
    body = {"name": "slow", "scopes": ["flags:evaluate"], "limitPerMin": 2}
    token = ada.post("/api/tokens", json=body).json["token"]
    script, key = Script(ada.app.test_client(), token), make_flag()
    codes = [script.one(key).status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    assert int(script.one(key).headers["Retry-After"]) > 0


def test_a_failure_of_ours_is_500_with_what_to_do(
    sdk: Script, make_flag: FlagMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.flags.ofrep import views

    def fail(*_: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(views, "evaluate_all", fail)
    answer = sdk.all()
    assert (answer.status_code, set(answer.json)) == (500, {"errorDetails"})
