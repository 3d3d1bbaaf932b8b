"""What belongs to the installation and is not there is no other company's: the answer says why it may be gone."""

import pytest

from tests.world import Person

API = "/api/query-optimizer"


@pytest.mark.parametrize("path", [
    "/slow-queries/advice/nothing", f"{API}/advice/nothing", f"{API}/statements/nothing", "/slow-queries/nothing",
])  # fmt: skip
def test_nobody_is_sent_to_another_company(pat: Person, path: str) -> None:
    answer = pat.get(path)
    assert answer.status_code == 404
    assert "another company" not in answer.text


def test_a_plan_of_nothing_is_of_no_other_company(pat: Person) -> None:
    for analyze in (False, True):
        answer = pat.post(f"{API}/explain", json={"fingerprint": "nothing", "analyze": analyze})
        assert (answer.status_code, answer.json["code"]) == (404, "statement-not-found")
