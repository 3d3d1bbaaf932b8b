"""What providers ask for: a dated table with the source of every figure, and what people put in its place.

Nothing is read from the network: prices change seldom, and a page of costs must not depend on who can be reached.
"""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.core.db import db
from app.core.installation import installation_id
from app.storage.models import Price
from app.storage.states import ProviderName
from config import Settings

FILE = Path(__file__).parent.parent / "prices.json"
SINGLE = ("writes", "reads", "freeStored", "freeWrites", "freeReads", "freeSent", "freeSentTimesStored")
TIERED = ("stored", "sent")
# What speaks S3 with a name of its own has prices of its own; the rest of them run on somebody's disks.
OF_PROFILE = {"": "aws", "aws": "aws", "b2": "b2", "gcs-interop": "gcs"}
OWN = "own"
Tiers = tuple[tuple[Decimal | None, Decimal], ...]


@dataclass(frozen=True)
class Prices:
    """What one provider asks for a month, in US dollars.

    Attributes:
        stored: A GB-month, by how much it is: up to so many GB each costs so much; None for all above.
        writes: A million requests of class A. `reads`: of class B.
        sent: A GB that leaves, by how much it is.
        free_sent_times_stored: So many times what is stored leaves for nothing.
        sources: Figure → where it was read.
        version: Of somebody's own figures; 0 for the shipped ones.
    """

    key: str
    name: str
    stored: Tiers
    writes: Decimal
    reads: Decimal
    sent: Tiers
    free_stored: Decimal
    free_writes: Decimal
    free_reads: Decimal
    free_sent: Decimal
    free_sent_times_stored: Decimal
    as_of: date
    sources: dict[str, str]
    version: int = 0

    @property
    def is_own(self) -> bool:
        """Whether somebody put their own figures in."""
        return self.version > 0

    @property
    def is_free(self) -> bool:
        """Whether nobody gave a price yet: own disks cost something, too."""
        return not any(price for tiers in (self.stored, self.sent) for _, price in tiers) and not self.writes


@cache
def shipped() -> dict[str, Prices]:
    """Return the table of the release."""
    table = json.loads(FILE.read_text())
    as_of = date.fromisoformat(table["asOf"])
    return {
        key: parse(
            key, one["name"], {name: one[name]["value"] for name in (*SINGLE, *TIERED)}, as_of,
            {name: one[name]["source"] for name in (*SINGLE, *TIERED)},
        )
        for key, one in table["providers"].items()
    }  # fmt: skip


def read_prices() -> dict[str, Prices]:
    """Return the table with what people put in its place; in the installation or inside `platform_reads()`."""
    found = dict(shipped())
    for row in db.session.scalars(sa.select(Price).where(Price.company_id == installation_id())):
        sources = dict.fromkeys((*SINGLE, *TIERED), row.source)
        found[row.provider] = parse(row.provider, row.name, row.fields, row.as_of, sources, row.version)
    return found


def parse(
    key: str, name: str, fields: dict[str, Any], as_of: date, sources: dict[str, str], version: int = 0
) -> Prices:
    """Return a row of the table from its JSON."""

    def tiers(field: str) -> Tiers:
        return tuple((None if upto is None else Decimal(upto), Decimal(price)) for upto, price in fields[field])

    single = {_snake(field): Decimal(fields[field]) for field in SINGLE}
    return Prices(
        key=key, name=name, stored=tiers("stored"), sent=tiers("sent"), as_of=as_of, sources=sources, version=version,
        **single,
    )  # fmt: skip


def key_of(provider: str, settings: Settings) -> str:
    """Return which prices a provider of ours has, as it is set up."""
    if provider == ProviderName.LOCAL:
        return OWN
    if provider == ProviderName.S3:
        if not settings.s3_profile and settings.s3_endpoint:
            return OWN
        return OF_PROFILE.get(settings.s3_profile, OWN)
    return provider


def _snake(field: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in field)
