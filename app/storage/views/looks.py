"""Sentences, tones and bars of the pages of usage."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.core import clock
from app.core.present import format_bytes, plural
from app.storage.states import Class
from app.storage.usage.bills import Bill, Bills
from app.storage.usage.board import CompanyRow
from app.storage.usage.days import Outlook
from app.storage.usage.prices import OWN
from app.storage.usage.quotas import FolderUse, QuotaUse
from app.storage.usage.reads import Sum, Usage

SOON_DAYS = 60  # a quota that is full so soon is worth the page's sentence
WARN_SHARE, FULL_SHARE = 80, 100
HALF_A_CENT = Decimal("0.005")
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
    """Return how a company's quota stands; above its soft limit, or with a folder in trouble, it warns."""
    return tone_of_whole(row) or ("warn" if troubles(row.folders) else "")


def folder_words(row: CompanyRow) -> str:
    """Say which folder is in trouble; without a quota of the whole, how many folders have one."""
    if found := troubles(row.folders):
        return f"{found[0][1].category} {found[0][2]}"
    return f"{plural(len(row.folders), 'folder')} only" if row.folders and row.share is None else ""


def tone_of_whole(row: CompanyRow) -> str:
    """Return how the quota of all folders together stands."""
    if row.soft_bytes is not None and row.used.bytes > row.soft_bytes and (row.share or 0) < FULL_SHARE:
        return "warn"
    return tone_of_share(row.share, row.outlook)


def signed(size: int) -> str:
    """Return growth: `+26 GB`, `−3.0 MB`, `0 B`."""
    return f"{'+' if size > 0 else '−' if size < 0 else ''}{format_bytes(abs(size))}"


def files_words(usage: Usage, *, provider: str | None = None) -> str:
    """Say how many files there are, by one definition for every page: `40 files, 3 in the trash, 2 arriving`.

    The small pictures made of files are counted as files, here and by quotas; the list of files leaves them out.
    """
    live, trashed, pending = (
        usage.of(kind=kind, provider=provider).files for kind in (Class.LIVE, Class.TRASHED, Class.PENDING)
    )
    said = [plural(live, "file")]
    said += [f"{trashed:,} in the trash"] if trashed else []
    said += [f"{pending:,} arriving"] if pending else []
    return ", ".join(said)


def dollars(amount: Decimal) -> str:
    """Return an amount as it stands in a table: `$1,204.50`. What is not nothing is never told as nothing."""
    return "under $0.01" if 0 < amount < HALF_A_CENT else f"${amount:,.2f}"


def about(amount: Decimal) -> str:
    """Return an amount as it stands in a sentence: `about $188`, cents where dollars say nothing."""
    return f"about ${amount:,.2f}" if amount < 10 else f"about ${amount:,.0f}"  # noqa: PLR2004


def name_within(bill: Bill) -> str:
    """Return the name of a place inside a sentence."""
    return "own disks" if bill.prices.key == OWN else bill.prices.name


def verdict_on_all(usage: Usage, bills: Bills, first: Any) -> Verdict:  # Any: a row of FIRST_FULL
    """Say what it costs, where it would cost less, and whose quota is full first."""
    if not usage.used.files:
        return Verdict("idle", "Nothing is stored yet.")
    stored = format_bytes(usage.used.bytes)
    cheapest = bills.cheapest
    names = " and ".join(name_within(one) for one in bills.now)
    if any(not one.prices.is_free for one in bills.now):
        text = f"{stored} cost {about(bills.total)} a month on {names}"
        if cheapest:
            text += f"; on {cheapest.prices.name} the same would cost"
    else:
        text = f"{stored} in {files_words(usage)} on {names}, which have no price yet"
        if bills.elsewhere:
            cheapest = bills.elsewhere[0]
            text += f"; on {cheapest.prices.name} the same would cost"
    cheaper = f"{about(cheapest.cost.total)} a month" if cheapest else ""
    if first is None:
        return Verdict("good", text, cheaper=cheaper)
    days = (first.full_on - clock.now().date()).days
    then = f"fills its {format_bytes(first.hard_bytes)} {_in(days)}." if days > 0 else "has filled its quota."
    return Verdict("bad" if days <= 0 else "warn", text, first.name, first.slug, then, cheaper)


def verdict_on_one(usage: Usage, limits: Sequence[QuotaUse], outlook: Outlook) -> Verdict:
    """Say how much is used of what, how long it lasts, and which folder is in trouble."""
    whole = next((one for one in limits if one.category == ""), None)
    folders = [one for one in limits if one.category != "" and (one.soft_bytes, one.hard_bytes) != (None, None)]
    verdict = _verdict_on_whole(usage, whole, outlook, len(folders))
    found = troubles(folders)
    if not found or verdict.tone == "idle":
        return verdict
    tone, folder, words = found[0]
    more = f"; {len(found) - 1} more folders are near or above theirs" if len(found) > 2 else ""  # noqa: PLR2004
    more = more or ("; one more folder is near or above its own" if len(found) > 1 else "")
    tone = "bad" if "bad" in (tone, verdict.tone) else "warn"
    return Verdict(tone, verdict.text, folder.category.capitalize(), then=f"{words}{more}.")


def troubles(folders: Iterable[FolderUse | QuotaUse]) -> list[tuple[str, FolderUse | QuotaUse, str]]:
    """Return the folders that are full, above their soft limit or nearly full, worst first: tone, folder, words."""
    found = []
    for one in folders:
        used, soft, hard = one.used_bytes, one.soft_bytes, one.hard_bytes
        if hard is not None and used and used >= hard:
            found.append((0, "bad", one, f"are full: {format_bytes(used)} of {format_bytes(hard)}"))
        elif soft is not None and used > soft:
            found.append((1, "warn", one, f"are above the soft limit: {format_bytes(used)} of {format_bytes(soft)}"))
        elif hard and 100 * used >= WARN_SHARE * hard:
            found.append((2, "warn", one, f"are nearly full: {format_bytes(used)} of {format_bytes(hard)}"))
    return [one[1:] for one in sorted(found, key=lambda one: (one[0], -one[2].used_bytes, one[2].category))]


def _verdict_on_whole(usage: Usage, whole: QuotaUse | None, outlook: Outlook, folders: int) -> Verdict:
    used, files = usage.used, files_words(usage)
    if not used.files:
        return Verdict("idle", "Nothing is stored yet.")
    if whole is None or whole.hard_bytes is None:
        stored = f"{format_bytes(used.bytes)} in {files}"
        if whole is not None and whole.soft_bytes is not None:
            is_above = used.bytes > whole.soft_bytes
            said = f"{'above' if is_above else 'below'} the soft limit of {format_bytes(whole.soft_bytes)}"
            return Verdict("warn" if is_above else "good", f"{stored}; {said}.")
        if folders:
            return Verdict("good", f"{stored}; {plural(folders, 'folder')} with a quota, none for all together.")
        return Verdict("good", f"{stored}; no quota is set.")
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


def cost_words(bill: Bill, amount: Decimal) -> str:
    """Return a figure of the table of costs: a dash where nobody gave a price, and what is no cent as such."""
    if bill.prices.is_free:
        return "—"
    return dollars(amount) if amount else "under $0.01"


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
