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


@pytest.mark.parametrize("currency", ["XXX", "XAU", "gbp", "G" * 5000])
def test_what_is_no_currency_is_refused(currency):
    with pytest.raises(money.UnknownCurrency):
        money.scale(currency)


def test_no_currency_at_all_has_a_sentence_of_its_own():
    with pytest.raises(money.NoCurrency, match="No currency was given"):
        money.scale(" ")


@pytest.mark.parametrize("text", ["１２", "1_000", "NaN", "Infinity", "1,5", "", "0x1", "9" * 5000, "1e", "٣"])
def test_what_is_no_plain_number_is_not_read(text):
    assert money.read_number(text) is None


@pytest.mark.parametrize("text", ["12", "12.50", " .5 ", "+1", "-0.01", "1e3", "1."])
def test_plain_numbers_are_read(text):
    assert money.read_number(text) == Decimal(text.strip())


@pytest.mark.parametrize(
    ("price", "text"), [("12.5", "12.50"), ("0.0001", "0.0001"), ("3", "3.00"), ("1.125", "1.125")]
)
def test_unit_prices_keep_two_to_four_decimals(price, text):
    assert money.price_text(Decimal(price)) == text
