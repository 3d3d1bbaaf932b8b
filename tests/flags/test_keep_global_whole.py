"""A global flag is on for everybody or for nobody, wherever its share is set."""

import json
from typing import Any

import pytest

from app.flags import service
from app.flags.problems import GlobalShare
from tests.flags.acts import as_platform, fresh_key, make_flag
from tests.world import Person

BASE = "/api/degradation/features"
SAID = "A global flag is all or nothing: use 0 or 100."
RULE = {
    "conditions": [{"attribute": "role", "operator": "equals", "values": ["staff"]}],
    "serve": {"variant": "on", "percentage": 25_000},
}


def test_a_part_is_refused_and_says_what_to_use(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    answer = pat.post(f"{BASE}/{key}/rollout", json={"percentage": 25})
    assert answer.status_code == 422
    assert answer.json["title"].rstrip(".") == SAID.rstrip(".")
    assert pat.put(f"{BASE}/{key}/settings", json={"percentage": 0.001}).status_code == 422
    for whole in (100, 0):
        assert pat.post(f"{BASE}/{key}/rollout", json={"percentage": whole}).json["percentage"] == whole


@pytest.mark.parametrize("settings", [{"percentage": 50_000}, {"percentage": 100_000, "rules": [{"id": "a", **RULE}]}])
def test_neither_a_rule_nor_a_new_flag_draws(pat: Person, settings: dict[str, Any]) -> None:
    with as_platform(pat):
        with pytest.raises(GlobalShare):
            service.create_flag(fresh_key(), {"scope": "global"}, settings={"production": settings})
        with pytest.raises(GlobalShare):
            service.set_settings(make_flag(pat, scope="global"), settings)


def test_a_drawn_flag_does_not_become_global(pat: Person) -> None:
    key = make_flag(pat)
    with as_platform(pat):
        service.set_percentage(key, 25_000, environment="staging")
        with pytest.raises(GlobalShare):
            service.edit_flag(key, {"scope": "global"})
        service.set_percentage(key, 100_000, environment="staging")
        assert service.edit_flag(key, {"scope": "global"}).scope == "global"


def test_its_editor_and_its_plan_offer_no_part(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    shown = pat.get(f"/flags/{key}/edit").text
    assert "all or nothing" in shown
    assert "Save share" not in shown
    assert 'value="100"' in pat.get(f"/flags/{key}/rollouts/new").text
    refused = pat.post(f"{BASE}/{key}/rollouts", json={"steps": [{"percentage": 100}, {"percentage": 25}]})
    assert refused.status_code == 422
    assert "Step 2 cannot be planned" in refused.json["title"]
    assert refused.json["detail"] == SAID


def test_check_explain_and_a_company_admins_check_agree(pat: Person, ada: Person) -> None:
    key = make_flag(pat, scope="global")
    for act, expected in (("enable", True), ("disable", False)):
        pat.post(f"{BASE}/{key}/{act}", json={})
        own = ada.get(f"{BASE}/{key}/check").json
        named = pat.get(f"{BASE}/{key}/check?targetId=whoever").json
        why = pat.post(f"{BASE}/{key}/explain", json={"context": {"targetingKey": "else"}}).json
        assert [own["enabled"], named["enabled"], why["answer"]["value"]] == [expected] * 3, json.dumps(
            [own, named, why]
        )
