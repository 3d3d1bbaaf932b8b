"""Sentences, tones and bars of the pages of usage."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.core import clock
from app.core.present import format_bytes, plural
from app.storage.usage.bills import Bill, Bills
from app.storage.usage.board import CompanyRow
from app.storage.usage.days import Outlook
from app.storage.usage.quotas import QuotaUse
from app.storage.usage.reads import Sum, Usage

SOON_DAYS = 60  # a quota that is full so soon is worth the page's sentence
WARN_SHARE, FULL_SHARE = 80, 100
# Five colours: what is alike shares one.
PARTS = {
    "products": ("products",),
    "profiles": ("profiles",),
    "documents": ("documents",),
    "exports, reports": ("exports", "reports"),
    "backups, temp": ("backups", "temp"),
}


@dataclass(frozen=True)
class Verdict:
    """The page's sentence: a tone, what it says, and whose quota is full first, with when."""

    tone: str
    text: str
    who: str = ""
    slug: str = ""
    then: str = ""
    cheaper: str = ""


def sums_of_parts(parts: dict[str, Sum]) -> dict[str, int]:
    """Return the bytes of each colour."""
    return {label: sum(parts.get(name, Sum()).bytes for name in names) for label, names in PARTS.items()}


def widths(parts: dict[str, Sum], largest: int) -> list[float]:
    """Return the percent of each colour, on a scale that ends at the largest company."""
    return [100 * one / largest if largest else 0.0 for one in sums_of_parts(parts).values()]


def parts_words(name: str, parts: dict[str, Sum]) -> str:
    """Say what a bar shows."""
    said = ", ".join(f"{folder} {format_bytes(one.bytes)}" for folder, one in sorted(parts.items()) if one.bytes)
    return f"{name}: {said or 'nothing'}"


def tone_of_share(share: float | None, outlook: Outlook | None = None) -> str:
    """Return how a quota stands: full is bad, nearly full or full soon warns."""
    if share is None:
        return ""
    if share >= FULL_SHARE:
        return "bad"
    is_soon = outlook is not None and outlook.state == "soon" and outlook.days <= SOON_DAYS
    return "warn" if share >= WARN_SHARE or is_soon else ""


def tone_of(row: CompanyRow) -> str:
    """Return how a company's quota stands; above its soft limit it warns."""
    if row.soft_bytes is not None and row.used.bytes > row.soft_bytes and (row.share or 0) < FULL_SHARE:
        return "warn"
    return tone_of_share(row.share, row.outlook)


def signed(size: int) -> str:
    """Return growth: `+26 GB`, `−3.0 MB`, `0 B`."""
    return f"{'+' if size > 0 else '−' if size < 0 else ''}{format_bytes(abs(size))}"


def dollars(amount: Decimal) -> str:
    """Return an amount as it stands in a table: `$1,204.50`."""
    return f"${amount:,.2f}"


def about(amount: Decimal) -> str:
    """Return an amount as it stands in a sentence: `about $188`, cents where dollars say nothing."""
    return f"about ${amount:,.2f}" if amount < 10 else f"about ${amount:,.0f}"  # noqa: PLR2004


def verdict_on_all(usage: Usage, bills: Bills, first: Any) -> Verdict:  # Any: a row of FIRST_FULL
    """Say what it costs, where it would cost less, and whose quota is full first."""
    if not usage.used.files:
        return Verdict("idle", "Nothing is stored yet.")
    stored = format_bytes(usage.used.bytes)
    cheapest = bills.cheapest
    names = " and ".join(one.prices.name for one in bills.now)
    if any(not one.prices.is_free for one in bills.now):
        text = f"{stored} cost {about(bills.total)} a month on {names}"
        if cheapest:
            text += f"; on {cheapest.prices.name} the same would cost"
    else:
        text = f"{stored} in {plural(usage.used.files, 'file')} on {names}, which have no price yet"
        if bills.elsewhere:
            cheapest = bills.elsewhere[0]
            text += f"; on {cheapest.prices.name} the same would cost"
    cheaper = f"{about(cheapest.cost.total)} a month" if cheapest else ""
    if first is None:
        return Verdict("good", text, cheaper=cheaper)
    days = (first.full_on - clock.now().date()).days
    then = f"fills its {format_bytes(first.hard_bytes)} {_in(days)}." if days > 0 else "has filled its quota."
    return Verdict("bad" if days <= 0 else "warn", text, first.name, first.slug, then, cheaper)


def verdict_on_one(usage: Usage, whole: QuotaUse | None, outlook: Outlook) -> Verdict:
    """Say how much is used of what, and how long it lasts."""
    used, files = usage.used, plural(usage.used.files, "file")
    if not used.files:
        return Verdict("idle", "Nothing is stored yet.")
    if whole is None or whole.hard_bytes is None:
        return Verdict("good", f"{format_bytes(used.bytes)} in {files}; no quota is set.")
    text = f"{format_bytes(used.bytes)} of {format_bytes(whole.hard_bytes)} are used, in {files}"
    share = 100 * used.bytes / whole.hard_bytes if whole.hard_bytes else float(FULL_SHARE)
    tone = tone_of_share(share, outlook) or "good"
    if whole.soft_bytes is not None and used.bytes > whole.soft_bytes and tone == "good":
        tone = "warn"
    end = {
        "full": "; nothing more is taken.",
        "soon": f"; at this pace it is full {outlook.words}.",
        "far": "; at this pace it is not full within five years.",
        "unknown": "; too few days are known to say when it is full.",
    }[outlook.state]
    return Verdict(tone, text + end)


def warnings(limits: list[QuotaUse]) -> list[QuotaUse]:
    """Return the limits whose soft bound is passed."""
    return [one for one in limits if one.soft_bytes is not None and one.used_bytes > one.soft_bytes]


def bill_widths(bill: Bill, highest: Decimal) -> list[float]:
    """Return the percent of stored, requests and sent; the table's largest sum fills the bar."""
    if not highest:
        return [0.0]
    # The bar's fourth colour is that of what is sent; the third stays empty.
    cost = bill.cost
    return [float(100 * part / highest) for part in (cost.stored, cost.requests, Decimal(0), cost.sent)]


def where(bill: Bill) -> str:
    """Say what a row of the costs is."""
    if bill.providers:
        return "now" if not bill.prices.is_free else "now, without a price: give yours"
    return "your price" if bill.prices.is_own else "all of it there"


def day_words(on: date) -> str:
    """Return a date as people write it: 1 Nov 2026."""
    return f"{on.day} {on:%b %Y}"


def _in(days: int) -> str:
    return f"in {plural(days, 'day')}"
