from decimal import Decimal

import pytest

from app.core import money


@pytest.mark.parametrize(
    ("amount", "currency", "minor", "text"),
    [
        ("12.50", "GBP", 1250, "12.50"),
        ("0.005", "GBP", 1, "0.01"),
        ("-0.005", "GBP", -1, "-0.01"),
        ("2.5", "JPY", 3, "3"),
        ("1.0005", "KWD", 1001, "1.001"),
        ("0", "EUR", 0, "0.00"),
    ],
)
def test_amounts_are_rounded_half_up_and_written_with_the_currencys_digits(amount, currency, minor, text):
    assert money.to_minor(Decimal(amount), currency) == minor
    assert money.to_text(minor, currency) == text


@pytest.mark.parametrize("currency", ["XXX", "XAU", "gbp", "", "G" * 5000])
def test_what_is_no_currency_is_refused(currency):
    with pytest.raises(money.UnknownCurrency):
        money.scale(currency)


@pytest.mark.parametrize(
    ("price", "text"), [("12.5", "12.50"), ("0.0001", "0.0001"), ("3", "3.00"), ("1.125", "1.125")]
)
def test_unit_prices_keep_two_to_four_decimals(price, text):
    assert money.price_text(Decimal(price)) == text
