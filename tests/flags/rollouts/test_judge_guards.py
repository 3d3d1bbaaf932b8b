"""What the figures of a guard mean, and what a plan does next."""

import itertools
import random
from datetime import UTC, datetime, timedelta

import pytest

from app.flags.rollouts.decision import Move, Position, State, decide
from app.flags.rollouts.plan import Action, Guard
from app.flags.rollouts.verdict import Finding, Reading, Side, Verdict, is_worse, judge

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
BREAKER = Guard(kind="breaker", name="ai-service", limit=10)


def finding(guard: Guard, treatment: tuple[int, int], control: tuple[int, int], **more: object) -> Finding:
    return judge(guard, Reading(Side(*treatment), Side(*control), **more)).finding  # type: ignore[arg-type]


def test_harm_by_the_variant_is_told_from_weather() -> None:
    assert finding(BREAKER, (100, 30), (900, 9)) is Finding.VARIANT
    assert finding(BREAKER, (100, 62), (100, 61)) is Finding.WEATHER
    assert finding(BREAKER, (100, 9), (100, 0)) is Finding.WITHIN
    assert finding(BREAKER, (100, 10), (1000, 0)) is Finding.VARIANT


def test_too_few_calls_say_nothing() -> None:
    assert finding(BREAKER, (19, 19), (900, 9)) is Finding.WAITING
    assert finding(BREAKER, (20, 20), (900, 9)) is Finding.VARIANT


def test_without_a_control_the_guard_says_what_to_do() -> None:
    assert finding(BREAKER, (100, 50), (3, 0)) is Finding.WEATHER
    strict = BREAKER.model_copy(update={"otherwise": Action.ROLL_BACK})
    assert finding(strict, (100, 50), (3, 0)) is Finding.VARIANT


def test_an_open_breaker_holds_even_without_calls() -> None:
    assert finding(BREAKER, (0, 0), (0, 0), is_open=True) is Finding.WEATHER
    assert finding(BREAKER, (100, 1), (100, 1), is_open=True) is Finding.WEATHER


def test_figures_nobody_can_read_are_not_good_news() -> None:
    assert finding(BREAKER, (0, 0), (0, 0), is_known=False) is Finding.UNKNOWN


def test_conversion_counts_only_a_fall_beyond_chance() -> None:
    guard = Guard(kind="conversion", name="order.placed", limit=20, minimum_calls=100)
    assert finding(guard, (1000, 30), (1000, 60)) is Finding.VARIANT
    assert finding(guard, (1000, 55), (1000, 60)) is Finding.WITHIN
    assert finding(guard, (99, 0), (1000, 60)) is Finding.WAITING


def test_the_age_of_a_queue_has_no_sides() -> None:
    guard = Guard(kind="queue-age", name="ocr", limit=120)
    assert judge(guard, Reading(value=121)).finding is Finding.WEATHER
    assert judge(guard, Reading(value=11)).finding is Finding.WITHIN


def test_equal_arms_are_called_worse_in_about_one_of_a_hundred_readings() -> None:
    draw = random.Random(7)
    wrong = sum(
        is_worse(*(Side(200, sum(draw.random() < 0.3 for _ in range(200))) for _ in range(2))) for _ in range(2000)
    )
    assert wrong <= 40


def verdicts(*findings: Finding) -> list[Verdict]:
    return [Verdict(BREAKER, Reading(), one, "") for one in findings]


def test_every_move_of_a_plan() -> None:
    due, later = NOW, NOW + timedelta(minutes=5)
    running = Position(State.RUNNING, has_next=True, next_at=due)
    cases = [
        (Position(State.PLANNED, has_next=True, next_at=later), (), Move.STAY),
        (Position(State.PLANNED, has_next=True, next_at=due), (), Move.STEP),
        (running, (Finding.WITHIN,), Move.STEP),
        (running, (Finding.WITHIN, Finding.WAITING), Move.STAY),
        (running, (Finding.WEATHER,), Move.HOLD),
        (running, (Finding.UNKNOWN,), Move.HOLD),
        (running, (Finding.WEATHER, Finding.VARIANT), Move.ROLL_BACK),
        (Position(State.RUNNING, has_next=False, next_at=due), (), Move.FINISH),
        (Position(State.RUNNING, has_next=True, next_at=later), (), Move.STAY),
    ]
    for position, findings, move in cases:
        assert decide(position, verdicts(*findings), NOW) is move, (position, findings)


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_held_plan_goes_on_after_the_cooldown_unless_a_person_holds_it(by_hand: bool) -> None:
    def held(clear_since: datetime | None) -> Position:
        return Position(State.HELD, True, NOW, clear_since, by_hand=by_hand, cooldown_s=600)

    short, long = NOW - timedelta(seconds=599), NOW - timedelta(seconds=600)
    expected = [Move.STAY] * 3 if by_hand else [Move.CLEAR, Move.STAY, Move.RESUME]
    assert [decide(held(since), verdicts(Finding.WITHIN), NOW) for since in (None, short, long)] == expected
    if not by_hand:
        assert decide(held(long), verdicts(Finding.WEATHER), NOW) is Move.TROUBLED
        assert decide(held(None), verdicts(Finding.WEATHER), NOW) is Move.STAY


def test_nothing_but_a_person_ends_a_rollback() -> None:
    for state, one in itertools.product((State.PLANNED, State.RUNNING, State.HELD), Finding):
        move = decide(Position(state, True, NOW), verdicts(one), NOW)
        assert (move is Move.ROLL_BACK) == (one is Finding.VARIANT and state is not State.PLANNED)
