"""Money: bigint minor units inside, decimal strings outside, and the list of currencies we know."""

import re
from decimal import ROUND_HALF_UP, Decimal

from app.core.errors import Problem

# ISO 4217 codes in use (list one, 2024), by the digits after the point. Funds, metals and XXX are not money here.
_CODES = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY "
        "COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS "
        "INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR "
        "MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD "
        "SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
}
SCALES = {code: digits for digits, codes in _CODES.items() for code in codes.split()}


# What Decimal reads beyond this (1_000, full-width digits, NaN) nobody means as a price.
PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
MAX_DIGITS = 40  # nothing longer is a number a person means; Decimal would read a megabyte of digits


class UnknownCurrency(Problem, code="unknown-currency", status=422):
    """{currency} is not a currency we know. Use an ISO 4217 code such as GBP, EUR or USD."""

    currency: str


class NoCurrency(Problem, code="no-currency", status=422):
    """No currency was given. Use an ISO 4217 code such as GBP, EUR or USD."""


def scale(currency: str) -> int:
    """Return how many digits stand after the point: 2 for GBP, 0 for JPY.

    Raises:
        NoCurrency: Nothing was given.
        UnknownCurrency: No such currency.
    """
    if not currency.strip():
        raise NoCurrency
    try:
        return SCALES[currency]
    except KeyError:
        raise UnknownCurrency(currency=currency[:12]) from None


def read_number(text: str) -> Decimal | None:
    """Return a number written in plain digits; None for anything else."""
    text = text.strip()
    return Decimal(text) if len(text) <= MAX_DIGITS and PLAIN_NUMBER.fullmatch(text) else None


def to_minor(amount: Decimal, currency: str) -> int:
    """Return an amount in minor units, half a unit rounded away from zero.

    Raises:
        UnknownCurrency: No such currency.
    """
    return int((amount.scaleb(scale(currency))).to_integral_value(ROUND_HALF_UP))


def to_text(minor: int, currency: str) -> str:
    """Return minor units as the API writes them: 2500, GBP -> 25.00.

    Raises:
        UnknownCurrency: No such currency.
    """
    digits = scale(currency)
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def price_text(price: Decimal) -> str:
    """Return a unit price: at least two decimals, at most the four it is stored with."""
    text = f"{price:.4f}"
    return text[:-2] if text.endswith("00") else text.removesuffix("0")
