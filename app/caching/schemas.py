"""The cache as JSON."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Shape, refuse_nul

Kind = Literal["everything", "namespace", "company", "table"]
KINDS: tuple[Kind, ...] = ("everything", "namespace", "company", "table")


class NamespaceOut(Answer):
    """One namespace over the last hour.

    `hits` were good, `early` too and read again in the background; `waits` got what somebody else was reading just then,
    `near` a copy of their own process while Valkey was away. `misses` and `away` asked the database; `bypassed` did not
    ask the cache, as within a transaction. `hitRatio` is null without reads. `missMs` is what one read of the database takes.
    """

    name: str
    meaning: str
    ttl_s: int
    tables: list[str]
    is_everywhere: bool
    hits: int
    early: int
    waits: int
    near: int
    misses: int
    away: int
    bypassed: int
    reads: int
    hit_ratio: float | None
    miss_ms: float | None
    saved_ms: float


class KeyOut(Answer):
    """One value. `company` is empty for what is made of all companies' rows; `ttlS` is null once it has ended."""

    key: str
    namespace: str
    company: str
    bytes: int | None
    saved_ms: float | None
    ttl_s: float | None


class CacheOut(Answer):
    """The cache over the last hour: `on`, `off` by its flag, or `away` with Valkey."""

    state: Literal["on", "off", "away"]
    verdict: str
    reads: int
    hit_ratio: float | None
    saved_ms: float
    waits: int
    early: int
    namespaces: list[NamespaceOut]
    dearest: list[KeyOut]
    largest: list[KeyOut]


class Purge(Shape):
    """What is to be read from the database again: everything, or a namespace, a company by its short name, a table."""

    kind: Kind
    value: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(max_length=200)] = ""
    reason: Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=1, max_length=500)] = Field(...)


class PurgedOut(Answer):
    """Whether Valkey was told at once; if not, it is, before anything is read there again."""

    kind: Kind
    value: str
    is_told: bool
