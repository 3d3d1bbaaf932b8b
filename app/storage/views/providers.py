"""The page of providers: how each does, what was found, and what can be done about it."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from app.core import live
from app.core.access import allow
from app.core.errors import NotFound
from app.core.idempotency import once
from app.core.present import plural
from app.core.setting import current_settings
from app.core.tenancy import platform_reads
from app.core.web import done, page
from app.storage import providers
from app.storage.adapters.profiles import PROFILES
from app.storage.care import acts, checks, findings, health, lifecycle
from app.storage.care.policy import cors_of, policy_of
from app.storage.models import StorageCheck
from app.storage.states import ProviderName
from app.storage.usage import reads as usage
from app.storage.views import looks

providers_bp = Blueprint("storage_providers", __name__, url_prefix="/storage/providers")
LONGEST_REASON, UNPROCESSABLE = 500, 422
TITLES = {"local": "Local disk", "s3": "S3", "cloudflare-r2": "Cloudflare R2", "azure-blob": "Azure Blob"}
READ, WRITE = "storage:read", "storage:write"


@providers_bp.get("")
@allow(READ, installation=True)
def list_providers() -> Response:
    """Every provider that is set up or could be."""
    standings = health.standings()
    with platform_reads():
        stored = usage.usage_of_all()
    return page(
        "storage/providers.html", block="detail", live=live.state("storage"), standings=standings, titles=TITLES,
        profiles={one.name: profile_of(one.name) for one in standings}, newest=checks.newest(),
        found=findings.open_by_kind(), used={one.name: stored.of(provider=one.name) for one in standings},
        counts={one.name: looks.files_words(stored, provider=one.name) for one in standings},
    )  # fmt: skip


@providers_bp.get("/<string:provider>")
@allow(READ, installation=True)
def show_provider(provider: str) -> Response:
    """One provider: what the doctor saw, its checks, and the least its key needs."""
    must_be(provider)
    rows, _ = checks.page_of(provider=provider)
    row = checks.newest().get((provider, "doctor"))
    return page(
        "storage/doctor.html", block="detail", live=live.state("storage"), provider=provider, titles=TITLES,
        doctor=row, checks=rows, policy=policy_of(provider), cors=cors_of(provider), is_set_up=provider in providers.configured(),
        profile=profile_of(provider), takes_rule=takes_rule(row),
    )  # fmt: skip


@providers_bp.post("/<string:provider>/examination")
@allow(WRITE, installation=True)
@once
def create_examination(provider: str) -> Response:
    """Have the doctor examine it."""
    must_be(provider)
    acts.ask_doctor(provider)
    return done(url_for(".show_provider", provider=provider), toast=f"{TITLES[provider]} is being examined.")


@providers_bp.post("/<string:provider>/trial")
@allow(WRITE, installation=True)
@once
def create_trial(provider: str) -> Response:
    """Compare rows with objects, and do nothing about it."""
    must_be(provider)
    acts.ask_check(provider, is_dry=True)
    return done(url_for(".list_providers"), toast="Comparing: started. Nothing is moved.")


@providers_bp.get("/<string:provider>/check")
@allow(WRITE, installation=True)
def ask_check(provider: str) -> Response:
    """Ask before objects without a row are set aside, and say how many there were."""
    return confirm_page(provider, "check")


@providers_bp.post("/<string:provider>/check")
@allow(WRITE, installation=True)
@once
def create_check(provider: str) -> Response:
    """Compare rows with objects, set aside what has no row; with a reason, however many they are."""
    must_be(provider)
    reason = request.form.get("reason", "").strip()
    if "reason" in request.form and not 0 < len(reason) <= LONGEST_REASON:
        return confirm_page(provider, "aside", {"reason": "Say why, in at most 500 characters."}, UNPROCESSABLE)
    acts.ask_check(provider, is_dry=False, reason=reason)
    return done(url_for(".list_providers"), toast="Comparing: started. What has no record is set aside.")


@providers_bp.get("/<string:provider>/aside")
@allow(WRITE, installation=True)
def ask_aside(provider: str) -> Response:
    """Ask why more may be set aside than a check does by itself."""
    return confirm_page(provider, "aside")


@providers_bp.post("/<string:provider>/scrub")
@allow(WRITE, installation=True)
@once
def create_scrub(provider: str) -> Response:
    """Read digests again."""
    must_be(provider)
    acts.ask_scrub(provider)
    return done(url_for(".list_providers"), toast="Reading digests again: started.")


@providers_bp.get("/<string:provider>/cleanup")
@allow(WRITE, installation=True)
def ask_cleanup(provider: str) -> Response:
    """Ask before unfinished uploads are taken back."""
    return confirm_page(provider, "cleanup")


@providers_bp.post("/<string:provider>/cleanup")
@allow(WRITE, installation=True)
@once
def create_cleanup(provider: str) -> Response:
    """Take back uploads nobody waits for, and what has been aside long enough."""
    must_be(provider)
    acts.ask_clean(provider)
    return done(url_for(".list_providers"), toast="Cleaning up: started.")


@providers_bp.get("/<string:provider>/lifecycle")
@allow(WRITE, installation=True)
def ask_lifecycle(provider: str) -> Response:
    """Ask before a rule is written at the provider."""
    return confirm_page(provider, "lifecycle")


@providers_bp.post("/<string:provider>/lifecycle")
@allow(WRITE, installation=True)
@once
def install_lifecycle(provider: str) -> Response:
    """Have the provider itself take unfinished uploads back."""
    must_be(provider)
    lifecycle.install(provider)
    toast = f"{TITLES[provider]} takes unfinished uploads back after {plural(lifecycle.DAYS, 'day')}."
    return done(url_for(".show_provider", provider=provider), toast=toast)


def confirm_page(provider: str, act: str, errors: dict[str, str] | None = None, status: int = 200) -> Response:
    """Render what is asked before an act."""
    must_be(provider)
    row = checks.newest().get((provider, "reconcile"))
    return page(
        "storage/provider_confirm.html", status=status, provider=provider, act=act, titles=TITLES, last=row,
        errors=errors or {}, reason=request.form.get("reason", ""), days=lifecycle.DAYS,
        trash_days=current_settings().trash_days,
    )  # fmt: skip


def must_be(name: str) -> None:
    """Refuse what is no provider.

    Raises:
        NotFound: It is none.
    """
    if name not in set(ProviderName):
        raise NotFound


def profile_of(name: str) -> Any:  # Any: a Profile; templates read it
    """Return how a provider behaves, as its settings say."""
    known = {"local": "local", "cloudflare-r2": "r2", "azure-blob": "azure"}
    return PROFILES[known.get(name) or providers.profile_of_s3(current_settings())]


def takes_rule(row: StorageCheck | None) -> bool:
    """Say whether the doctor saw that a rule could be written and is not there."""
    probes = row.figures.get("probes", []) if row is not None else []
    return any(one["name"] == "lifecycle" and one["verdict"] == "warn" for one in probes)
