"""The context that decides is merged from all levels, and the nearer level wins.

Restates the contextMerging scenarios of the OpenFeature specification's Appendix B.
"""

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext
from openfeature.hook import Hook
from openfeature.transaction_context import set_transaction_context

LEVELS = ["API", "Transaction", "Client", "Invocation", "Before Hooks"]


class Adds(Hook):
    def __init__(self, attributes):
        self.attributes = attributes

    def before(self, hook_context, hints):
        return EvaluationContext(attributes=self.attributes)


@pytest.fixture
def evaluated(client, source):
    """Evaluate some flag with a context for each level, and return what reached the flags."""

    def evaluate(entries):
        api.set_evaluation_context(EvaluationContext(attributes=entries.get("API", {})))
        set_transaction_context(EvaluationContext(attributes=entries.get("Transaction", {})))
        client.context = EvaluationContext(attributes=entries.get("Client", {}))
        if "Before Hooks" in entries:
            client.add_hooks([Adds(entries["Before Hooks"])])
        client.get_boolean_value("boolean-flag", False, EvaluationContext(attributes=entries.get("Invocation", {})))
        return source.asked[-1]

    return evaluate


@pytest.mark.parametrize("level", LEVELS)
def test_an_entry_of_one_level_arrives(evaluated, level):
    assert evaluated({level: {"key": "value"}}) == {"key": "value"}


def test_entries_of_all_levels_arrive(evaluated):
    assert evaluated({level: {level: f"{level} value"} for level in LEVELS}) == {
        level: f"{level} value" for level in LEVELS
    }


@pytest.mark.parametrize("last", LEVELS)
def test_the_nearer_level_wins(evaluated, last):
    down_to = LEVELS[: LEVELS.index(last) + 1]
    assert evaluated({level: {"key": level} for level in down_to}) == {"key": last}


def test_the_targeting_key_is_one_of_the_attributes(client, source):
    client.context = EvaluationContext("client", {"plan": "pro"})
    client.track("paid", EvaluationContext("ada"))
    assert source.tracked[-1][1] == {"plan": "pro", "targetingKey": "ada"}
