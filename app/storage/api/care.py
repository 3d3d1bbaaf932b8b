"""Looking after files over JSON: health, the doctor, checks and findings."""

from datetime import datetime
from typing import Annotated, Any, Literal

from flask import Blueprint
from pydantic import Field

from app.core.access import PUBLIC
from app.core.api import contract
from app.core.errors import InvalidCursor, NotFound
from app.core.shapes import Answer, Instant, OptionalText, Shape
from app.core.tasks import JobQueuesOff
from app.storage import routing
from app.storage.care import acts, checks, findings, health
from app.storage.models import StorageCheck
from app.storage.problems import ProviderNotSetUp
from app.storage.states import ProviderName

care_bp = Blueprint("storage_care_api", __name__, url_prefix="/api/storage")
READ, WRITE, TAG = "storage:read", "storage:write", "Storage"
Limit = Annotated[int, Field(ge=1, le=200)]


class StorageHealthOut(Answer):
    """Whether files can be stored and fetched, for anybody to ask."""

    healthy: bool
    provider: str
    status: Literal["ok", "degraded", "down"]


class PulseOut(Answer):
    """The last three hours of one provider, by a small object put and fetched every minute."""

    name: str
    role: str
    is_healthy: bool
    breaker: str
    breaker_state: str
    looks: int
    put_ms: dict[str, float]
    get_ms: dict[str, float]
    errors: dict[str, int]
    last_good_at: Instant | None
    last_bad_at: Instant | None
    said: str


class ProvidersOut(Answer):
    """Every provider that is set up."""

    items: list[PulseOut]


class ProbeOut(Answer):
    """One question of the doctor; `none` for what the provider does not offer and its profile does not claim."""

    name: str
    title: str
    verdict: Literal["good", "warn", "bad", "none"]
    said: str
    ms: int


class StorageCheckOut(Answer):
    """One look at a provider."""

    id: str
    kind: str
    provider: str
    verdict: str
    sentence: str
    figures: dict[str, Any]
    started_at: Instant
    ended_at: Instant | None


class DoctorOut(Answer):
    """What the doctor saw last."""

    provider: str
    verdict: str
    sentence: str
    profile: str
    fits: list[str]
    probes: list[ProbeOut]
    examined_at: Instant | None


class CheckQueued(Answer):
    """The job that does it."""

    job_id: str


class ChecksOut(Answer):
    """Checks, newest first."""

    items: list[StorageCheckOut]
    next_cursor: str | None


class FindingOut(Answer):
    """One thing that is not as it should be."""

    id: str
    kind: str
    provider: str
    key: str
    file_id: str
    size_bytes: int
    detail: str
    state: str
    moved_to: str
    found_at: Instant
    settled_at: Instant | None


class FindingsOut(Answer):
    """Findings, newest first."""

    items: list[FindingOut]
    next_cursor: str | None


class AskDoctor(Shape):
    """Which provider; where new files go unless given."""

    provider: ProviderName | None = None


class AskCheck(Shape):
    """A check to make."""

    provider: ProviderName | None = None
    kind: Literal["reconcile", "scrub", "doctor"] = "reconcile"
    is_dry: bool = False
    reason: OptionalText = ""


class AskFindings(Shape):
    """Which findings."""

    state: Literal["", "open", "quarantined", "repaired", "ignored", "gone"] = ""
    provider: Literal["", "local", "s3", "cloudflare-r2", "azure-blob"] = ""
    kind: Literal["", "orphan", "missing", "size", "digest"] = ""
    after: str | None = None
    limit: Limit = 50


class AskChecks(Shape):
    """Which checks."""

    provider: Literal["", "local", "s3", "cloudflare-r2", "azure-blob"] = ""
    after: str | None = None
    limit: Limit = 30


@care_bp.get("/health")
@contract(scope=PUBLIC, returns={200: StorageHealthOut}, session=False, tag=TAG)
def show_health() -> StorageHealthOut:
    """Say whether files can be stored and fetched. `degraded`: something beside where new files go is away."""
    found = [one for one in health.standings() if one.is_set_up and (one.role or not one.is_healthy)]
    writes = next((one for one in found if one.role == "writes"), None)
    is_healthy = writes is not None and writes.is_healthy
    status: Literal["ok", "degraded", "down"] = "ok" if all(one.is_healthy for one in found) else "degraded"
    return StorageHealthOut(healthy=is_healthy, provider=routing.writes_to(), status=status if is_healthy else "down")


@care_bp.get("/providers")
@contract(scope=READ, returns={200: ProvidersOut}, installation=True, tag=TAG)
def list_providers() -> ProvidersOut:
    """List the providers that are set up: breakers, latency, mistakes by kind, the last good look."""
    items = [
        PulseOut(
            name=one.name, role=one.role, is_healthy=one.is_healthy, breaker=one.breaker, breaker_state=one.breaker_state,
            looks=one.pulse.looks, put_ms=one.pulse.put_ms, get_ms=one.pulse.get_ms, errors=one.pulse.errors,
            last_good_at=one.pulse.last_good_at, last_bad_at=one.pulse.last_bad_at, said=one.pulse.said,
        )
        for one in health.standings() if one.is_set_up
    ]  # fmt: skip
    return ProvidersOut(items=items)


@care_bp.get("/doctor")
@contract(scope=READ, query=AskDoctor, returns={200: DoctorOut}, problems=[NotFound], installation=True, tag=TAG)
def show_doctor(query: AskDoctor) -> DoctorOut:
    """Return what the doctor saw last at a provider."""
    row = checks.newest().get((query.provider or routing.writes_to(), "doctor"))
    if row is None:
        raise NotFound
    return doctor_of(row, row.ended_at)


@care_bp.post("/doctor")
@contract(
    scope=WRITE, body=AskDoctor, returns={202: CheckQueued}, problems=[ProviderNotSetUp, JobQueuesOff],
    installation=True, tag=TAG,
)  # fmt: skip
def create_examination(body: AskDoctor) -> CheckQueued:
    """Have the doctor examine a provider: some forty questions, a minute at most."""
    return CheckQueued(job_id=acts.ask_doctor(body.provider or routing.writes_to()))


@care_bp.get("/checks")
@contract(
    scope=READ, query=AskChecks, returns={200: ChecksOut}, problems=[InvalidCursor], installation=True, tag=TAG
)  # fmt: skip
def list_checks(query: AskChecks) -> ChecksOut:
    """List checks, newest first."""
    rows, cursor = checks.page_of(provider=query.provider, after=query.after, limit=query.limit)
    return ChecksOut(items=[StorageCheckOut.model_validate(row) for row in rows], next_cursor=cursor)


@care_bp.post("/checks")
@contract(
    scope=WRITE, body=AskCheck, returns={202: CheckQueued}, problems=[ProviderNotSetUp, JobQueuesOff],
    installation=True, tag=TAG,
)  # fmt: skip
def create_check(body: AskCheck) -> CheckQueued:
    """Compare rows with objects, or read digests again. With a reason, any number of orphans is set aside."""
    name = body.provider or routing.writes_to()
    if body.kind == "doctor":
        return CheckQueued(job_id=acts.ask_doctor(name))
    if body.kind == "scrub":
        return CheckQueued(job_id=acts.ask_scrub(name))
    return CheckQueued(job_id=acts.ask_check(name, is_dry=body.is_dry, reason=body.reason))


@care_bp.get("/findings")
@contract(
    scope=READ, query=AskFindings, returns={200: FindingsOut}, problems=[InvalidCursor], installation=True, tag=TAG
)  # fmt: skip
def list_findings(query: AskFindings) -> FindingsOut:
    """List what checks found, newest first."""
    rows, cursor = findings.page_of(
        state=query.state, provider=query.provider, kind=query.kind, after=query.after, limit=query.limit
    )
    return FindingsOut(items=[FindingOut.model_validate(row) for row in rows], next_cursor=cursor)


def doctor_of(row: StorageCheck, at: datetime | None) -> DoctorOut:
    """Return an examination as JSON."""
    return DoctorOut(
        provider=row.provider, verdict=row.verdict, sentence=row.sentence, profile=row.figures.get("profile", ""),
        fits=row.figures.get("fits", []), examined_at=at,
        probes=[ProbeOut(**{name: one[name] for name in ("name", "title", "verdict", "said", "ms")}) for one in row.figures.get("probes", [])],
    )  # fmt: skip
