"""The forecast on half a year of a real retailer: how far off it is, printed, beside doing without a model."""

from pathlib import Path

import pytest

from app.forecasts import reads, service
from app.forecasts.series import read_series, read_span
from app.orders.imports import service as imports
from tests.imports.conftest import real_file

__all__ = ["real_file"]
pytestmark = pytest.mark.slow
ITEMS = 100


def test_the_error_on_real_orders(ada, suggesting, real_file: Path, capsys):
    with ada.acting():
        imports.import_file(real_file)
        total = service.make_forecasts(ITEMS)
        pairs = service.make_companions()
        span = read_span()
        best = max(read_series(span), key=lambda one: sum(units > 0 for units in one.units))  # ordered most steadily
        one = reads.forecast_of(best.item_id)
        together = reads.companions_of(best.item_id)
    with capsys.disabled():
        print(
            f"\nbacktest over {total.items} items of a real retailer, last 8 weeks: models off by {total.model:.1%}, "
            f"mean of the 8 weeks before off by {total.baseline:.1%}, as used off by {total.used:.1%}; the model was "
            f"better for {total.won}; {pairs} pairs bought together"
        )
    assert total.items > ITEMS * 0.9
    assert total.used <= min(total.model, total.baseline)
    assert total.used < total.baseline < 1
    assert one.tested_weeks == 8
    assert len(one.history) == len(best.units) == 26
    assert all(other.lift > 1 and other.together >= 5 for other in together)
    assert pairs > 100
