"""Web workers killed while people read and write through nginx: nobody notices, and nothing happens twice.

FAULT_WEB_KILLS makes it as long as one likes.
"""

import json
import os

import pytest

from tests.faults.figures import Figures
from tests.faults.house import House

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("FAULT_WEB_KILLS", "5"))
BETWEEN = 15  # answers between two kills


def test_killed_workers_cost_no_request_and_double_no_effect(house: House) -> None:
    before = house.effects()
    with house.callers().calling() as callers:
        for _ in range(KILLS):
            callers.wait_for_more(BETWEEN)
            house.kill_worker()
        callers.wait_for_more(BETWEEN)
    placed = [json.loads(one.body)["number"] for one in callers.of("POST /api/orders") if one.status == 201]
    corrected = [one for one in callers.of("POST /api/inventory") if one.status == 201]
    figures, after = Figures("kill web"), house.effects()
    effects = {name: after[name] - before[name] for name in after}
    figures.say("workers killed", KILLS)
    figures.say("GET failed", len(callers.failed("GET")), "0")
    figures.say("keyed POST failed", len(callers.failed("POST")), "0")
    figures.say("effects too many", effects["orders"] + effects["corrections"] - len(placed) - len(corrected), "0")
    figures.say("GET answered", len(callers.of("GET")))
    figures.say("keyed POST answered", len(callers.of("POST")))
    figures.say("slowest answer, s", round(callers.slowest_s(), 2))
    assert callers.failed("GET") == []
    assert callers.failed("POST") == []
    assert effects == {"orders": len(placed), "corrections": len(corrected)}
    assert len(set(placed)) == len(placed)
