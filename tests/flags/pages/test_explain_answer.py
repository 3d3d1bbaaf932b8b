"""The tester, and what the list says for a company."""

from collections.abc import Callable

from tests.flags.pages.conftest import Shown
from tests.world import Person

FlagOf = Callable[..., Shown]


def test_the_tester_says_each_step_and_the_one_that_decided(pat: Person, flag_of: FlagOf, ada: Person) -> None:
    made = flag_of(scope="company")
    made.enable(percentage=1)
    made.allow("somebody-else")
    page = pat.get(f"{made.path}?company={ada.company_slug}").text
    assert "Off for Harbour" in page
    assert "Allow list of 1: not on it." in page
    assert "is not below" in page
    assert "the draw lets it in" in page
    made.allow(ada.company_slug)
    page = pat.get(f"{made.path}?company={ada.company_slug}").text
    assert "On for Harbour" in page
    assert "TARGETING_MATCH, step 2" in page


def test_the_tester_takes_a_person_and_more_context(pat: Person, flag_of: FlagOf, sam: Person) -> None:
    made = flag_of(scope="user")
    made.enable()
    assert f"On for {sam.name}" in pat.get(f"{made.path}?user={sam.email}").text
    assert "On for nobody-here" in pat.get(f"{made.path}?user=nobody-here").text
    assert "Write one JSON object" in pat.get(f"{made.path}?context=[1]").text
    made.enable(percentage=50_000)
    assert "TARGETING_KEY_MISSING" in pat.get(f"{made.path}?context=%7B%22plan%22%3A%22pro%22%7D").text


def test_the_list_answers_for_a_company(pat: Person, flag_of: FlagOf, ada: Person) -> None:
    made = flag_of(scope="company")
    made.enable(percentage=0)
    made.allow(ada.company_slug)
    page = pat.get(f"/flags?q={made.key}+company:{ada.company_slug}").text
    assert "Answers for" in page
    assert '<td class="n e-end" data-label="on">on</td>' in page


def test_a_company_admin_sees_answers_and_nothing_of_others(
    flag_of: FlagOf, ada: Person, cleo: Person, pat: Person
) -> None:
    made = flag_of(scope="company", description="Something new")
    made.enable(percentage=0)
    made.allow(cleo.company_slug)
    hers, theirs = ada.get("/flags").text, cleo.get("/flags").text
    assert "Something new" in hers
    for page in (hers, theirs, ada.get(made.path).text, cleo.get(made.path).text):
        assert pat.name not in page
        assert "allow list" not in page.lower()
    assert cleo.company_slug not in hers + ada.get(made.path).text
    assert "Nothing fits here." in ada.get(made.path).text
    assert "It is given here by name." in cleo.get(made.path).text
