"""The editor: what is typed is what is kept, what lets more in is asked about, and what is wrong is said beside it."""

from collections.abc import Callable

import pytest

from tests.flags.pages.conftest import Shown
from tests.world import Person

FlagOf = Callable[..., Shown]


def rule_form(**fields: str) -> dict[str, str]:
    """Return the fields of one new rule."""
    rule = {"id": "", "name": "Staff", "0-attribute": "role", "0-operator": "equals", "0-values": "staff",
            "serve": "on", "split": "", "percentage": "100", "place": "1"}  # fmt: skip
    return {f"rule-0-{name}": value for name, value in (rule | fields).items()}


def test_a_raised_share_shows_who_comes_in_before_it_is_kept(pat: Person, flag_of: FlagOf, ada: Person) -> None:
    made = flag_of(scope="company")
    made.enable(percentage=0)
    version = str(made.now().version)
    form = {"percentage": "100", "version": version, "reason": "All is well."}
    asked = pat.post(f"{made.path}/percentage", data=form)
    assert asked.status_code == 409
    assert "Let in:" in asked.text
    assert "No company is put out." in asked.text
    assert made.now().percentage == 0
    assert pat.post(f"{made.path}/percentage", data={**form, "confirmed": "1"}).status_code == 303
    assert made.now().percentage == 100_000


def test_a_lowered_share_is_kept_at_once_with_undo(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    made.enable()
    assert pat.post(f"{made.path}/percentage", data={"percentage": "12.5"}).status_code == 303
    assert made.now().percentage == 12_500
    page = pat.get(made.path).text
    assert "lowered the share from 100% to 12.5%" in page
    assert f"{made.path}/versions/{made.newest()}/revert" in page


def test_a_preview_keeps_nothing(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    made.enable()
    answer = pat.post(f"{made.path}/percentage", data={"percentage": "1", "preview": "1"})
    assert answer.status_code == 200
    assert made.now().percentage == 100_000


def test_a_preview_of_a_flag_that_is_off_says_who_would_get_it(pat: Person, flag_of: FlagOf, ada: Person) -> None:
    made = flag_of(scope="company")
    made.allow(ada.company_slug)
    shown = pat.post(f"{made.path}/percentage", data={"percentage": "0", "preview": "1"}).text
    assert "nobody gets it until it is switched on" in shown
    assert "Switched on, it would be on for 1 of" in shown
    assert "Those are Harbour" in shown


def test_targets_nobody_here_knows_are_counted(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of(scope="user")
    made.enable(0)
    made.allow(pat.public_id, "from-afar", "from-afar-too")
    shown = " ".join(pat.get(made.path).text.split())
    assert "1 by name, and 2 other ids on the allow list." in shown


@pytest.mark.parametrize(
    ("typed", "said"),
    [("101", "not between 0 and 100"), ("NaN", "not between"), ("-1", "not between"), ("0.0001", "finest step"),
     ("many", "Write a number"), ("", "Write a number"), ("1e400", "not between")],
)  # fmt: skip
def test_a_wrong_share_is_said_beside_the_field(pat: Person, flag_of: FlagOf, typed: str, said: str) -> None:
    made = flag_of()
    answer = pat.post(f"{made.path}/percentage", data={"percentage": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{typed}"' in answer.text
    assert made.now().percentage == 0


def test_a_rule_is_added_changed_and_removed(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    assert pat.post(f"{made.path}/rules", data=rule_form()).status_code == 303
    (rule,) = made.now().kept["rules"]
    assert rule["conditions"] == [{"attribute": "role", "operator": "equals", "values": ["staff"], "negate": False}]
    page = pat.get(f"{made.path}/edit").text
    assert 'value="Staff"' in page
    form = rule_form(**{"id": rule["id"], "0-operator": "not:one_of", "0-values": 'viewer, "12", 12, true'})
    assert pat.post(f"{made.path}/rules", data=form).status_code == 303
    (rule,) = made.now().kept["rules"]
    condition = {"attribute": "role", "operator": "one_of", "values": ["viewer", "12", 12, True], "negate": True}
    assert rule["conditions"] == [condition]
    assert "role is none of viewer, 12, 12 or more" not in pat.get(made.path).text
    gone = rule_form(id=rule["id"], remove="1")
    assert pat.post(f"{made.path}/rules", data=gone).status_code == 303
    assert made.now().kept["rules"] == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"0-operator": "matches"}, "There is no operator"), ({"0-operator": "at_least", "0-values": "ten"}, "one number"),
     ({"serve": "purple"}, "There is no variant"), ({"percentage": "200"}, "not between 0 and 100"),
     ({"serve": "(split)", "split": "on lots"}, "Write each variant")],
)  # fmt: skip
def test_a_wrong_rule_is_said_beside_it_and_stays_typed(
    pat: Person, flag_of: FlagOf, fields: dict[str, str], said: str
) -> None:
    made = flag_of()
    answer = pat.post(f"{made.path}/rules", data=rule_form(**fields))
    assert answer.status_code == 422, answer.text
    assert said in answer.text
    assert 'value="Staff"' in answer.text
    assert made.now().kept.get("rules", []) == []


def test_prerequisites_and_their_circle(pat: Person, flag_of: FlagOf) -> None:
    first, second = flag_of(), flag_of()
    form = {"need-0-flag": first.key, "need-0-variants": "on"}
    assert pat.post(f"{second.path}/prerequisites", data=form).status_code == 303
    assert first.key in pat.get(second.path).text
    circle = pat.post(f"{first.path}/prerequisites", data={"need-0-flag": second.key, "need-0-variants": "on"})
    assert circle.status_code == 422
    assert "would wait for each other" in circle.text


def test_a_split_of_variants(pat: Person, flag_of: FlagOf) -> None:
    variants = {"blue": "b", "green": "g", "plain": "p"}
    made = flag_of(type="string", variants=variants, onVariant="blue", offVariant="plain")
    assert pat.post(f"{made.path}/split", data={"weight-blue": "1", "weight-green": "3"}).status_code == 303
    assert made.now().kept["split"] == [["blue", 1], ["green", 3]]
    assert "blue 25%, green 75%" in pat.get(made.path).text
    assert pat.post(f"{made.path}/split", data={"weight-blue": "half"}).status_code == 422
    assert pat.post(f"{made.path}/split", data={"weight-blue": ""}).status_code == 303
    assert made.now().kept["split"] == []


def test_the_second_of_two_editors_sees_what_the_first_changed(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    version = str(made.now().version)
    first = {"percentage": "30", "version": version}
    assert pat.post(f"{made.path}/percentage", data=first).status_code == 303
    late = pat.post(f"{made.path}/percentage", data={"percentage": "50", "version": version})
    assert late.status_code == 409
    assert "Nothing of yours was saved" in late.text
    assert "30%" in late.text
    assert made.now().percentage == 30_000
    again = {"percentage": "50", "version": str(made.now().version)}
    assert pat.post(f"{made.path}/percentage", data=again).status_code == 303
    assert made.now().percentage == 50_000
