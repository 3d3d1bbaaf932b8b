"""The formula of costs, to the cent, and the dated table it reads."""

import json
from decimal import Decimal

import pytest

from app.storage.usage.costs import Cost, Month, compare, cost_of, cost_of_moving
from app.storage.usage.prices import FILE, SINGLE, TIERED, key_of, shipped
from config import Settings

GB, MILLION = 10**9, 10**6
USED = Month(Decimal(1842 * GB), writes=2 * MILLION, reads=20 * MILLION, sent_bytes=1260 * GB)


def cost(stored: str, requests: str, sent: str) -> Cost:
    return Cost(Decimal(stored), Decimal(requests), Decimal(sent))


@pytest.mark.parametrize(
    ("provider", "month", "expected"),
    [
        ("cloudflare-r2", USED, cost("27.48", "8.10", "0.00")),
        ("aws", USED, cost("42.37", "18.00", "104.40")),
        ("azure-blob", USED, cost("33.16", "18.00", "100.92")),
        ("gcs", USED, cost("36.84", "18.00", "151.20")),
        ("own", USED, cost("0.00", "0.00", "0.00")),
        # Tiers: 50 TB at 0.023 and the rest at 0.022; 10,240 GB at 0.09 and the rest at 0.085, after 100 GB free.
        ("aws", Month(Decimal(60_000 * GB), sent_bytes=20_000 * GB), cost("1370.00", "0.00", "1742.70")),
        # Free tiers: nothing is asked for what is below them.
        ("cloudflare-r2", Month(Decimal(10 * GB), MILLION, 10 * MILLION, 10**15), cost("0.00", "0.00", "0.00")),
        ("cloudflare-r2", Month(Decimal(11 * GB), MILLION + 1000), cost("0.02", "0.00", "0.00")),
        # B2 sends three times what is stored for nothing.
        ("b2", Month(Decimal(100 * GB), sent_bytes=400 * GB), cost("0.54", "0.00", "1.00")),
        ("aws", Month(), cost("0.00", "0.00", "0.00")),
    ],
)
def test_a_month_costs_what_the_list_says(provider: str, month: Month, expected: Cost) -> None:
    """Each part is rounded to the cent, half up, and the whole is their sum."""
    found = cost_of(month, shipped()[provider])
    assert found == expected
    assert found.total == expected.stored + expected.requests + expected.sent


def test_moving_costs_what_the_old_one_sends_and_the_new_one_takes() -> None:
    """And is earned back by what a month costs less."""
    here, there = shipped()["aws"], shipped()["cloudflare-r2"]
    once = cost_of_moving(USED, here, there, bytes_now=1842 * GB, files_now=2_614_902)
    assert once == Decimal("165.78") + Decimal("1.05") + Decimal("11.77")
    move = compare(once, cost_of(USED, here).total, cost_of(USED, there).total)
    assert (move.saved, move.months) == (Decimal("129.19"), Decimal("1.4"))


def test_a_move_to_what_costs_more_is_never_earned_back() -> None:
    """Nobody divides by a loss."""
    assert compare(Decimal(5), Decimal(10), Decimal(10)).months is None
    assert compare(Decimal(5), Decimal(10), Decimal(12)).months is None


def test_every_figure_has_its_source_and_the_table_its_date() -> None:
    """A price nobody can look up is worth nothing."""
    table = json.loads(FILE.read_text())
    assert table["asOf"] >= "2026-11-22"
    for one in table["providers"].values():
        assert all(one[field]["source"] for field in (*SINGLE, *TIERED))
        assert all(one[field]["value"][-1][0] is None for field in TIERED)


@pytest.mark.parametrize(
    ("provider", "settings", "expected"),
    [
        ("local", {}, "own"),
        ("s3", {}, "aws"),
        ("s3", {"s3_endpoint": "https://disks.example"}, "own"),
        ("s3", {"s3_endpoint": "https://disks.example", "s3_profile": "seaweedfs"}, "own"),
        ("s3", {"s3_endpoint": "https://b2.example", "s3_profile": "b2"}, "b2"),
        ("s3", {"s3_endpoint": "https://gcs.example", "s3_profile": "gcs-interop"}, "gcs"),
        ("cloudflare-r2", {}, "cloudflare-r2"),
        ("azure-blob", {}, "azure-blob"),
    ],
)
def test_prices_follow_what_speaks_s3(app, provider: str, settings: dict[str, str], expected: str) -> None:
    """SeaweedFS on own disks does not cost what Amazon asks for."""
    known: Settings = app.config["SETTINGS"].model_copy(update=settings)
    assert key_of(provider, known) == expected
