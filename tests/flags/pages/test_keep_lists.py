"""The lists of a flag on their page."""

from collections.abc import Callable

from app.flags import reads
from tests.flags.acts import as_platform
from tests.flags.pages.conftest import Shown
from tests.world import Person

FlagOf = Callable[..., Shown]


def listed(made: Shown, name: str) -> list[str]:
    with as_platform(made.pat):
        return [one.target for one in reads.list_targets(made.key, None, name).items]


def test_a_company_is_added_by_its_name_and_taken_off(pat: Person, flag_of: FlagOf, ada: Person) -> None:
    made = flag_of(scope="company")
    page = f"{made.path}/lists/allow"
    assert pat.post(page, data={"target": ada.company_slug, "reason": "Asked for it"}).status_code == 303
    assert listed(made, "allow") == [ada.company_slug]
    assert ada.company_slug in pat.get(page).text
    assert pat.post(f"{page}/removal", data={"target": ada.company_slug}).status_code == 303
    assert listed(made, "allow") == []


def test_a_person_is_added_by_their_address(pat: Person, flag_of: FlagOf, sam: Person) -> None:
    made = flag_of(scope="user")
    assert pat.post(f"{made.path}/lists/block", data={"target": sam.email}).status_code == 303
    assert listed(made, "block") == [sam.public_id]
    assert sam.name in pat.get(f"{made.path}/lists/block").text


def test_many_are_pasted_once_each(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    page = f"{made.path}/lists/allow/targets"
    assert pat.post(page, data={"targets": "one\r\ntwo\n\n two \n", "how": "add"}).status_code == 303
    assert listed(made, "allow") == ["one", "two"]
    assert pat.post(page, data={"targets": "three", "how": "replace"}).status_code == 303
    assert listed(made, "allow") == ["three"]


def test_too_many_are_refused_with_the_limit(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    many = "\n".join(f"target-{number}" for number in range(100_001))
    answer = pat.post(f"{made.path}/lists/allow/targets", data={"targets": many, "how": "add"})
    assert answer.status_code in {413, 422}
    assert listed(made, "allow") == []


def test_who_is_on_one_list_leaves_it_for_the_other(pat: Person, flag_of: FlagOf) -> None:
    made = flag_of()
    pat.post(f"{made.path}/lists/allow", data={"target": "one"})
    pat.post(f"{made.path}/lists/block", data={"target": "one"})
    assert (listed(made, "allow"), listed(made, "block")) == ([], ["one"])
    assert "put one on the block list" in pat.get(f"{made.path}/history").text
