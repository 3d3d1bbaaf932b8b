"""Trees: chains, groups and chords wait for each other, and fall together."""

import pytest

from app.core import jobs
from app.core.db import transaction
from app.core.jobs import JobState, trees
from app.core.jobs.trees import Call, Chain, Chord, Group
from app.core.tasks import enqueue, job
from tests.queues import chores


def call(title, to=1):
    return Call("chore.count", {"to": to}, title)


def failing(title):
    return Call("chore.fail", {"reason": "The shelf is empty."}, title)


def plant(person, tree):
    with person.acting(), transaction():
        return trees.plant(tree)


def phases(rows, ids):
    found = rows("SELECT job_id, phase FROM job_outbox WHERE job_id = ANY(%s)", ids)
    by_id = {row["job_id"]: row["phase"] for row in found}
    return [by_id.get(one, "over") for one in ids]


def test_a_chain_runs_one_after_the_other(ada, rows, run, look):
    with ada.acting():
        ids = trees.chain([call("One"), call("Two"), call("Three")])
    assert phases(rows, ids) == ["waiting", "blocked", "blocked"]
    run(ada, ids[1])  # a message too early finds it blocked
    assert look(ada, ids[1]).state is JobState.QUEUED
    for one in ids:
        run(ada, one)
    assert [look(ada, one).state for one in ids] == ["done"] * 3
    assert [look(ada, one).parent_id for one in ids] == [None, ids[0], ids[1]]
    assert {look(ada, one).root_id for one in ids} == {ids[0]}
    assert rows("SELECT 1 FROM job_needs WHERE company_id = %s", ada.company_id) == []


def test_a_chord_waits_for_all_of_its_header(ada, rows, run, look):
    with ada.acting():
        *header, last = trees.chord([call("A"), call("B"), call("C")], call("Sum"))
    for one in header[:-1]:
        run(ada, one)
    assert phases(rows, [last]) == ["blocked"]
    run(ada, header[-1])
    assert phases(rows, [last]) == ["waiting"]
    run(ada, last)
    assert look(ada, last).state is JobState.DONE


def test_a_group_in_a_chain_is_waited_for_as_a_whole(ada, rows, run):
    first, left, right, last = plant(ada, Chain([call("First"), Group([call("Left"), call("Right")]), call("Last")]))
    assert phases(rows, [first, left, right, last]) == ["waiting", "blocked", "blocked", "blocked"]
    run(ada, first)
    assert phases(rows, [left, right, last]) == ["waiting", "waiting", "blocked"]
    run(ada, left)
    run(ada, right)
    assert phases(rows, [last]) == ["waiting"]


def nested(depth=5):
    """Chords in chords: 50 jobs in all with a depth of 5, ten to a chord."""
    members = [call(f"Part {depth}.{number}") for number in range(8 if depth > 1 else 9)]
    inner = [nested(depth - 1)] if depth > 1 else []
    return Chain([call(f"Open {depth}"), Chord([*members, *inner], call(f"Close {depth}"))]) if depth > 1 else Chord(
        members, call("Close 1")
    )  # fmt: skip


def test_a_nested_chord_of_fifty_runs_to_its_end_in_order(ada, rows, run, look):
    ids = plant(ada, nested())
    assert len(ids) == 50
    rounds = 0
    while ready := rows(
        "SELECT job_id FROM job_outbox WHERE company_id = %s AND phase = 'waiting' ORDER BY job_id", ada.company_id
    ):
        rounds += 1
        assert rounds <= 10
        for row in ready:
            run(ada, row["job_id"])
    assert rounds == 10
    found = rows(
        "SELECT state, title, finished_at FROM jobs WHERE company_id = %s ORDER BY finished_at", ada.company_id
    )
    assert {row["state"] for row in found} == {"done"}
    assert [row["title"] for row in found if row["title"].startswith("Close")] == [f"Close {n}" for n in range(1, 6)]


def test_two_that_end_at_once_release_the_one_that_waits_for_both(ada, app, rows, run):
    from concurrent.futures import ThreadPoolExecutor

    with ada.acting():
        chords = [trees.chord([call("A"), call("B"), call("C"), call("D")], call("Sum")) for _ in range(5)]
    with ThreadPoolExecutor(4) as pool:
        for *header, last in chords:
            list(pool.map(lambda one: run(ada, one), header))
            assert phases(rows, [last]) == ["waiting"]


def test_what_waits_for_a_failed_one_is_cancelled_all_the_way_down(ada, run, look):
    first, second, third = plant(ada, Chain([failing("Pull feed 7"), call("Sort it"), call("Report it")]))
    run(ada, first)
    assert look(ada, second).state is JobState.CANCELLED
    assert look(ada, second).error == "“Pull feed 7” failed, so this one was not begun."
    assert look(ada, third).state is JobState.CANCELLED
    assert look(ada, third).error == "“Sort it” was cancelled, so this one was not begun."


def test_a_subtree_is_cancelled_and_the_rest_goes_on(ada, run, look):
    ids = plant(ada, Group([Chain([call("A1"), call("A2"), call("A3")]), Chain([call("B1"), call("B2")])]))
    a1, a2, a3, b1, b2 = ids
    run(ada, a1)
    with ada.acting():
        assert trees.cancel_tree(a2) == 2
    assert [look(ada, one).state for one in (a2, a3)] == ["cancelled", "cancelled"]
    run(ada, b1)
    run(ada, b2)
    assert look(ada, b2).state is JobState.DONE


def test_after_takes_ids_that_exist_and_looks_at_how_they_ended(ada, cleo, run, look):
    with ada.acting(), transaction():
        done = chores.count_up.enqueue(1, title="Ended")
        bad = chores.fail.enqueue("No.", title="Bad")
    run(ada, done)
    run(ada, bad)
    with ada.acting(), transaction():
        ready = chores.count_up.enqueue(1, title="Ready", after=[done])
        vain = chores.count_up.enqueue(1, title="In vain", after=[done, bad])
    run(ada, ready)
    assert look(ada, ready).state is JobState.DONE
    assert (look(ada, vain).state, look(ada, vain).error) == (
        JobState.CANCELLED,
        "“Bad” failed, so this one was not begun.",
    )
    with pytest.raises(LookupError, match="no such job here"), cleo.acting(), transaction():
        chores.count_up.enqueue(1, title="Not mine", after=[done])


def test_what_a_job_queues_stands_below_it(ada, run, look):
    with ada.acting(), transaction():
        parent = chores.spawn.enqueue(2, title="Parent")
    run(ada, parent)
    children = look(ada, parent).result["children"]
    assert [(look(ada, one).parent_id, look(ada, one).root_id) for one in children] == [(parent, parent)] * 2
    run(ada, children[0])
    with ada.acting():
        assert trees.cancel_tree(parent) == 1


def test_a_job_with_an_option_for_a_parameter_is_refused():
    with pytest.raises(ValueError, match="as its own option"):
        job(queue="cache", name="chore.titled")(lambda title: None)


def test_a_name_nobody_declared_cannot_be_queued(ada):
    with pytest.raises(KeyError), ada.acting(), transaction():
        enqueue("chore.unheard-of", {}, title="What")
    assert "chore.unheard-of" not in jobs.rules.RULES
