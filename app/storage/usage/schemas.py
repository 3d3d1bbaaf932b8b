"""Usage as JSON."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, MoneyText, OptionalText, Shape, refuse_nul


class SumOut(Answer):
    """So many files, and their bytes."""

    files: int
    size: int


class QuotaOut(Answer):
    """A limit, with what is used of it: live, trashed and reserved. `category` "" is all categories together.

    `grantedBytes` and `grantedFileBytes` are what the platform gave; the company may lower it. Null where it gave none.
    """

    category: str
    soft_bytes: int | None
    hard_bytes: int | None
    file_bytes: int | None
    granted_bytes: int | None
    granted_file_bytes: int | None
    used_bytes: int
    version: int


class UsageStatsOut(Answer):
    """What is stored, exact at `asOf`.

    `totalFiles`, `totalSize` and `categories` are files in use, with the small pictures made of them, which lists of
    files leave out. Trashed files and reserved uploads count for quotas,
    too: `used` is all of it together. Without a company, a platform admin gets all companies together.
    """

    total_files: int
    total_size: int
    categories: dict[str, SumOut]
    providers: dict[str, SumOut]
    trashed: SumOut
    pending: SumOut
    used: SumOut
    quotas: list[QuotaOut]
    as_of: Instant


class QuotasOut(Answer):
    """The limits of a company, that of all categories first."""

    items: list[QuotaOut]


class ChangeQuota(Shape):
    """All of a limit; null is none, and a field left out is null: it clears what was there. `version` is the one the editor saw, 0 for none yet."""

    soft_bytes: int | None = Field(None, ge=0, le=2**63 - 1)
    hard_bytes: int | None = Field(None, ge=0, le=2**63 - 1)
    file_bytes: int | None = Field(None, ge=0, le=2**63 - 1)
    version: int = Field(ge=0, le=2**63 - 1)
    reason: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=500)]


class ListCompanies(Shape):
    """Which companies, in which order."""

    sort: Literal["size", "name", "full"] = "size"
    q: OptionalText = ""
    limit: int = Field(50, ge=1, le=200)
    after: str | None = Field(None, max_length=300)


class CompanyUsageOut(Answer):
    """What a company stores: all that counts, its categories, its quota.

    `bytes` and `categories` are all that a quota counts, `used.size` of the stats; `files` are those in use, their
    `totalFiles`.

    `days` are the bytes at the end of each of the last 30 days and now, oldest first, fewer when nothing was stored
    before. `full` is open (no quota), full, soon (`fullInDays`), far (not within five years) or unknown (too few days).
    """

    company: str
    name: str
    files: int
    bytes: int
    categories: dict[str, int]
    soft_bytes: int | None
    hard_bytes: int | None
    week_bytes: int
    days: list[int]
    full: str
    full_in_days: int | None


class CompaniesOut(Answer):
    """A page of companies."""

    items: list[CompanyUsageOut]
    next_cursor: str | None


class CostOut(Answer):
    """What this month costs at one place, in US dollars: an estimate from our own figures at its pace so far.

    `providers` are those of ours that are there; none for somewhere else, with what moving everything costs once and
    after how many months that is earned back (null when never).
    """

    place: str
    name: str
    providers: list[str]
    stored: MoneyText
    requests: MoneyText
    sent: MoneyText
    total: MoneyText
    prices_as_of: date
    is_own_price: bool
    moving_once: MoneyText | None
    earned_back_months: MoneyText | None


class CostsOut(Answer):
    """Costs side by side."""

    total: MoneyText
    now: list[CostOut]
    elsewhere: list[CostOut]
    as_of: Instant
