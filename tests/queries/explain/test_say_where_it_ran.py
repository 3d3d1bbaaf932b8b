"""A run is held inside one company; what is sent across companies in real life says so on its result."""

import dataclasses

import pytest

from app.queries.explain import inside
from app.queries.explain.inside import ACROSS, ONE
from tests.queries.explain.test_explain_statement import USERS, explain, keep
from tests.world import Person


@pytest.mark.parametrize(
    ("role", "words"), [("qd_app", ONE), ("", ONE), ("qd_platform", ACROSS), ("qd_system", ACROSS)]
)
def test_the_result_of_a_run_says_inside_what_it_was_held(
    pat: Person, ada: Person, monkeypatch: pytest.MonkeyPatch, role: str, words: str
) -> None:
    real = inside.describe_statements
    monkeypatch.setattr(
        inside, "describe_statements", lambda which: [dataclasses.replace(one, role=role) for one in real(which)]
    )
    fingerprint = keep(pat, ada, USERS)
    assert explain(pat, fingerprint=fingerprint).json["inside"] == ""
    assert explain(pat, fingerprint=fingerprint, analyze=True).json["inside"] == words
    assert f"by running it {words}; literals removed" in pat.get(f"/slow-queries/{fingerprint}?plan=run").text
