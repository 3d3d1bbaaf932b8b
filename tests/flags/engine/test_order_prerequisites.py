"""Prerequisites: circles are found before a save, and harmless when one is there all the same."""

from app.flags.engine.model import WHOLE, Decider, Prerequisite
from app.flags.engine.prerequisites import MAX_EVALUATIONS, find_costly, find_cycle, order_flags
from tests.flags.engine.making import boolean, table


def needing(key, *others):
    return boolean(key, percentage=WHOLE, prerequisites=tuple(Prerequisite(other, ("on",)) for other in others))


def by_key(*flags):
    return {flag.key: flag for flag in flags}


def test_a_circle_is_named_as_a_path():
    flags = by_key(needing("x", "a"), needing("a", "b"), needing("b", "c"), needing("c", "a"), needing("y"))
    assert find_cycle(flags) == ["a", "b", "c", "a"]
    assert find_cycle(by_key(needing("a", "a"))) == ["a", "a"]


def test_a_set_without_a_circle_has_none():
    assert find_cycle(by_key(needing("a", "b", "c"), needing("b", "c"), needing("c", "missing"))) is None


def test_flags_in_and_behind_a_circle_are_not_met_whichever_is_asked_first():
    flags = table(needing("x", "a"), needing("a", "b"), needing("b", "a"), needing("free"))
    for key in ("a", "b", "x", "b", "a"):
        assert flags.evaluate(key, "ada").decider is Decider.PREREQUISITE
    assert flags.is_enabled("free", "ada") is True


def test_every_flag_comes_after_what_it_needs():
    order = order_flags(by_key(needing("a", "b", "c"), needing("b", "c"), needing("c")))
    assert order.keys == ("c", "b", "a")
    assert order.costs == {"c": 1, "b": 2, "a": 4}


def test_a_tower_of_prerequisites_neither_recurses_nor_explodes():
    chain = [needing("f0"), *(needing(f"f{n}", f"f{n - 1}", f"f{n - 1}") for n in range(1, 3_000))]
    flags = table(*chain)
    assert find_cycle(flags.snapshot.flags) is None
    assert find_costly(flags.snapshot.flags) == "f6"
    assert 2**6 - 1 <= MAX_EVALUATIONS < 2**7 - 1
    assert flags.is_enabled("f5", "ada") is True
    assert flags.evaluate("f7", "ada").decider is Decider.PREREQUISITE
    flags.evaluate("f2999", "ada")
