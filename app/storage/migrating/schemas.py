"""Migrations as JSON."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from app.core.shapes import Answer, Instant, OptionalText, Shape, refuse_nul
from app.storage.states import Category, ProviderName

Reason = Annotated[str, BeforeValidator(refuse_nul), StringConstraints(min_length=3, max_length=500)]


class Limits(Shape):
    """How fast a migration may go, and when. What is left out stays as it is."""

    objects_per_s: float | None = Field(None, ge=0, le=1_000_000, description="Files a second; 0 for no limit.")
    bytes_per_s: int | None = Field(None, ge=0, le=1 << 50, description="0 for no limit.")
    threads: int | None = Field(None, ge=1, le=64)
    verify_percent: int | None = Field(None, ge=0, le=100, description="Share of the copies read again in full.")
    window: str | None = Field(None, max_length=5, description="Hours of the day in UTC: 22-6; empty for all.")
    grace_days: int | None = Field(None, ge=0, le=365)
    by_list: bool | None = Field(None, description="Verify by pages of the target's list instead of one look a file.")

    def given(self) -> dict[str, Any]:  # Any: options
        """Return what was said."""
        return {name: value for name, value in self.model_dump().items() if value is not None}


class PlanMigration(Limits):
    """A dry run: what would be moved, in how many requests, how long it takes."""

    target: ProviderName
    source: ProviderName | None = Field(None, description="Where new files go unless given.")
    company: OptionalText = Field("", description="Files of one company, by its short name.")
    category: Category | None = None


class GiveReason(Shape):
    """Why."""

    reason: Reason


class RemoveSource(GiveReason):
    """Nothing brings it back."""

    typed: OptionalText = Field(description="The name of the provider whose files are removed.")


class CountOut(Answer):
    """Files in a state."""

    files: int
    bytes: int


class MigrationOut(Answer):
    """A migration: `plan` is what the dry run said, `states` how many files are how far, `figures` what it asked for."""

    id: str
    source: str
    target: str
    company: str
    category: str
    phase: str
    is_paused: bool
    error: str
    reason: str
    plan: dict[str, Any]
    options: dict[str, Any]
    states: dict[str, CountOut]
    figures: dict[str, Any]
    created_at: Instant
    started_at: Instant | None
    switched_at: Instant | None
    grace_until: Instant | None
    ended_at: Instant | None


class LagOut(Answer):
    """How far second copies are behind."""

    files: int
    bytes: int
    oldest_s: float


class MigrationsOut(Answer):
    """Migrations, newest first, where new files go now, and how far copies are behind."""

    items: list[MigrationOut]
    writes_to: str
    mirrors_to: str
    providers: list[str]
    lag: LagOut


class FailureOut(Answer):
    """A file that could not be moved: `failed` is tried again when asked, `lost` is not at the source."""

    company: str
    file_id: str
    file_name: str
    key: str
    size_bytes: int
    state: str
    error: str
    tries: int


class FailuresOut(Answer):
    """Files that could not be moved."""

    items: list[FailureOut]
    next_cursor: str | None


class AskFailures(Shape):
    """From where on."""

    after: str | None = Field(None, max_length=400)
    limit: int = Field(50, ge=1, le=200)
