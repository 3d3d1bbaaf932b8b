"""Hooks see the evaluation of the product's flags.

Restates the hooks scenarios of the OpenFeature specification's Appendix B, and the one about evaluation options.
"""

import pytest
from openfeature.flag_evaluation import FlagEvaluationOptions
from openfeature.hook import Hook


class Noting(Hook):
    """Notes each stage it is called in, with the details it is given."""

    def __init__(self, name="hook", log=None):
        self.name = name
        self.log = [] if log is None else log

    def before(self, hook_context, hints):
        self.log.append((self.name, "before", None))

    def after(self, hook_context, details, hints):
        self.log.append((self.name, "after", details))

    def error(self, hook_context, exception, hints):
        self.log.append((self.name, "error", exception))

    def finally_after(self, hook_context, details, hints):
        self.log.append((self.name, "finally", details))

    def stages(self):
        return [stage for _, stage, _ in self.log]


def told(details):
    return details.flag_key, details.value, details.variant, details.reason, details.error_code


def test_after_and_finally_are_given_the_details(client):
    hook = Noting()
    client.add_hooks([hook])
    client.get_boolean_details("boolean-flag", False)
    assert hook.stages() == ["before", "after", "finally"]
    assert told(hook.log[1][2]) == told(hook.log[2][2]) == ("boolean-flag", True, "on", "STATIC", None)


@pytest.mark.parametrize(
    ("kind", "key", "fallback", "code"),
    [("string", "missing-flag", "uh-oh", "FLAG_NOT_FOUND"), ("boolean", "wrong-flag", False, "TYPE_MISMATCH")],
)
def test_error_and_finally_are_told_of_a_mistake(client, kind, key, fallback, code):
    hook = Noting()
    client.add_hooks([hook])
    getattr(client, f"get_{kind}_details")(key, fallback)
    assert hook.stages() == ["before", "error", "finally"]
    assert told(hook.log[2][2]) == (key, fallback, None, "ERROR", code)


def test_hooks_of_one_evaluation_run_in_their_order(client):
    log = []
    hooks = [Noting(name, log) for name in ("first", "second")]
    client.get_boolean_details("boolean-flag", False, flag_evaluation_options=FlagEvaluationOptions(hooks=hooks))
    names = [(name, stage) for name, stage, _ in log]
    assert names[:2] == [("first", "before"), ("second", "before")]
    assert names[2:4] == [("second", "after"), ("first", "after")]
    client.get_boolean_details("boolean-flag", False)
    assert len(log) == len(names)
