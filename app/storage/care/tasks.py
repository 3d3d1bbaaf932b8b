"""Looking after files as jobs of the installation: by the night's schedules, from the page, from the shell."""

from typing import Any

from app.core.running import say
from app.core.tasks import current_job_id, job
from app.notifications.service import News, tell_asker
from app.storage import providers
from app.storage.adapters.protocol import StorageError
from app.storage.care import cleanup, doctor, erase, export, reconcile, scrub
from app.storage.care.reconcile import Rules
from app.storage.models import StorageCheck

PAGE = "/storage/providers"


@job(queue="cleanup", name="storage.reconcile", permission="jobs:read")
def reconcile_storage(
    provider: str = "", *, is_dry: bool = False, reason: str = "", young_h: float = 24.0
) -> dict[str, Any]:  # fmt: skip
    """Compare rows with objects; set aside what has no row.

    Args:
        provider: Which one; "" for all that are set up.
        is_dry: Look, and do nothing about it.
        reason: Why more may be set aside than a check does by itself.
        young_h: Objects younger than so many hours are left alone.
    """
    rules = Rules(is_dry=is_dry, reason=reason, young_h=young_h)
    return _each(provider, lambda name: reconcile.reconcile(name, rules, current_job_id()))


@job(queue="cleanup", name="storage.scrub")
def scrub_storage(provider: str = "", percent: float | None = None) -> dict[str, Any]:
    """Read a share of the files again and compare their digests."""
    return _each(provider, lambda name: scrub.scrub(name, percent=percent, job_id=current_job_id()))


@job(queue="cleanup", name="storage.examine", retries=0)
def examine_storage(provider: str) -> dict[str, Any]:
    """Have the doctor examine a provider."""
    return _each(provider, lambda name: doctor.examine_provider(name, current_job_id()))


@job(queue="cleanup", name="storage.clean")
def clean_storage(provider: str = "") -> dict[str, Any]:
    """Take back uploads nobody waits for, and what has been set aside long enough."""
    freed = {name: vars(cleanup.clean(name)) for name in _names(provider)}
    return {"page": PAGE, **{f"{name}.{what}": count for name, of in freed.items() for what, count in of.items()}}


@job(queue="export", name="storage.export")
def export_files() -> dict[str, Any]:
    """Put all files of a company into one archive, with a manifest."""
    made = export.export()
    page = f"/storage/files/{made.id}"
    tell_asker(News("export-ready", "The archive of all files is ready.", page), current_job_id())
    return {"page": page, "file": made.file_name, "size": made.size_bytes, "sha256": made.sha256}


@job(queue="cleanup", name="storage.erase")
def erase_files(slug: str, reason: str) -> dict[str, Any]:
    """Erase all files of a company, and prove it."""
    return erase.summary(*erase.erase(slug, reason))


def _names(provider: str) -> list[str]:
    return [provider] if provider else providers.configured()


def _each(provider: str, check: "Any") -> dict[str, Any]:  # Any: a check by name
    """Check one provider or all; one that is away does not keep the others from being checked."""
    done: list[StorageCheck] = []
    failed: list[StorageError] = []
    for name in _names(provider):
        try:
            done.append(check(name))
        except StorageError as error:
            say(f"{name}: {error}", "error")
            failed.append(error)
    if failed and not done:
        raise failed[0]
    return {"page": PAGE, "notes": [f"{one.provider}: {one.sentence}" for one in done] + [str(one) for one in failed]}
