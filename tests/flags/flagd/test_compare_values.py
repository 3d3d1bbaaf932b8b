"""flagd's own comparisons: `sem_ver`, `starts_with`, `ends_with`; what they cannot compare is null, not false.

Restates the operator rows of flagd-testbed 3.9.0 (evaluator suite and targeting suite) in our own flags.
"""

import pytest

from tests.flags.flagd.documents import resolve, table_of


def texts(names, default, targeting):
    return {
        "state": "ENABLED",
        "variants": {name: name for name in names},
        "defaultVariant": default,
        "targeting": targeting,
    }


def compared(operator, wanted):
    return {"sem_ver": [{"var": "version"}, operator, wanted]}


def matched(operator, wanted):
    return texts(["match", "no-match"], "no-match", {"if": [compared(operator, wanted), "match", "no-match"]})


def bare(targeting):
    """The operation alone: its null has to mean the default, where false would name a variant."""
    return texts(["true", "false", "fallback"], "fallback", targeting)


ID = {"var": "id"}
NESTED_ENDS = {"if": [{"ends_with": [ID, "xyz"]}, "postfix", {"if": [{"ends_with": [ID, 3]}, "fail", "none"]}]}
DOCUMENT = {
    "flags": {
        "release": texts(
            ["equal", "greater", "lesser", "none"],
            "none",
            {
                "if": [
                    *[compared("=", "2.0.0"), "equal"],
                    *[compared(">", "2.0.0"), "greater"],
                    *[compared("<", "2.0.0"), "lesser"],
                    "none",
                ]
            },
        ),
        "range": texts(
            ["minor", "major", "none"],
            "none",
            {"if": [compared("~", "3.0.0"), "minor", compared("^", "3.0.0"), "major", "none"]},
        ),
        "with-v": matched("=", "v1.0.0"),
        "major-only": matched("^", "1"),
        "above": matched(">", "1.1"),
        "built": matched("=", "1.0.0+build"),
        "plain": bare(compared("=", "1.0.0")),
        "no-operator": bare(compared("===", "1.0.0")),
        "too-few": bare({"sem_ver": [{"var": "version"}, "="]}),
        "ends": texts(
            ["prefix", "postfix", "none"], "none", {"if": [{"starts_with": [ID, "abc"]}, "prefix", NESTED_ENDS]}
        ),
        "starts-number": bare({"starts_with": [{"var": "num"}, "abc"]}),
        "ends-number": bare({"ends_with": [{"var": "num"}, "xyz"]}),
        "starts-alone": bare({"starts_with": ["abc"]}),
        "ends-alone": bare({"ends_with": ["xyz"]}),
    }
}
TABLE = table_of(DOCUMENT)


def found(key, **attributes):
    return resolve(TABLE, "string", key, "wrong", **attributes)


@pytest.mark.parametrize(
    ("version", "wanted"),
    [("2.0.0", "equal"), ("2.1.0", "greater"), ("1.9.0", "lesser"), ("2.0.0-alpha", "lesser"), ("2.0.0.0", "none")],
)
def test_versions_have_the_order_of_semver(version, wanted):
    assert found("release", version=version).value == wanted


@pytest.mark.parametrize(("version", "wanted"), [("3.0.1", "minor"), ("3.1.0", "major"), ("4.0.0", "none")])
def test_a_tilde_keeps_the_minor_and_a_caret_the_major_version(version, wanted):
    assert found("range", version=version).value == wanted


@pytest.mark.parametrize(
    ("key", "matching", "others"),
    [
        ("with-v", ["1.0.0", "v1.0.0", "V1.0.0"], ["2.0.0"]),
        ("major-only", ["1.5.0", "1.0.0", "1.0", "1", 1, 1.0, 1.2], ["2.0.0"]),
        ("above", [1.2, 2, "1.2"], [1.1, 1]),
        ("built", ["1.0.0", "1.0.0+other"], ["2.0.0"]),
    ],
)
def test_versions_are_read_loosely(key, matching, others):
    assert {found(key, version=version).value for version in matching} == {"match"}
    assert {found(key, version=version).value for version in others} == {"no-match"}


@pytest.mark.parametrize(
    ("key", "version"), [("plain", "not-a-version"), ("no-operator", "1.0.0"), ("too-few", "1.0.0"), ("plain", None)]
)
def test_what_is_no_version_or_operator_means_the_default(key, version):
    answer = found(key, version=version)
    assert (answer.value, answer.reason) == ("fallback", "DEFAULT")


def test_a_version_of_a_thousand_digits_is_none():
    assert found("plain", version=f"{'9' * 1000}.0.0").value == "fallback"


@pytest.mark.parametrize(
    ("identity", "wanted"),
    [("abcdef", "prefix"), ("uvwxyz", "postfix"), ("abcxyz", "prefix"), ("lmnopq", "none"), ("3", "none")],
)
def test_texts_are_compared_at_their_ends(identity, wanted):
    assert found("ends", id=identity).value == wanted


@pytest.mark.parametrize("key", ["starts-number", "ends-number", "starts-alone", "ends-alone"])
def test_what_is_no_pair_of_texts_means_the_default(key):
    answer = found(key, num=123)
    assert (answer.value, answer.reason) == ("fallback", "DEFAULT")
