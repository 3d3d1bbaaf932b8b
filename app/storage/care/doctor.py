"""The doctor: asks a provider some thirty questions, cleans up after itself, and says what may be believed of it."""

import time
from typing import Any

import structlog
import urllib3

from app.core import clock, guards
from app.core.present import plural
from app.core.running import progress
from app.storage import providers
from app.storage.adapters.profiles import PROFILES, Profile
from app.storage.adapters.protocol import NotOffered, StorageError
from app.storage.care import checks, probes_objects, probes_place, probes_signed
from app.storage.care.bench import Bench, bench_of
from app.storage.care.probe import PROBES, Bad, Probe, Seen, Skip, Warn
from app.storage.models import StorageCheck

__all__ = ["examine", "examine_provider", "fitting", "probes_objects", "probes_place", "probes_signed", "why_refused"]
log = structlog.get_logger(__name__)
FLAGS = (
    "conditional_put", "checksums", "binds_put", "conditional_complete", "etag_is_md5", "bulk_delete", "lifecycle",
)  # fmt: skip


def examine_provider(name: str, job_id: str = "") -> StorageCheck:
    """Examine a provider and keep what was seen.

    Raises:
        Problem: It is not set up.
    """
    bench = bench_of(providers.provider(name))
    check = checks.begin("doctor", name, job_id)
    seen = examine(bench)
    verdict, sentence = judge(seen, bench)
    figures = {
        "probes": [vars(one) for one in seen], "fits": fitting(bench, seen), "profile": bench.provider.profile.name,
        "refuse": bench.found.get("refuse", ""), "putMs": bench.found.get("put_ms"), "getMs": bench.found.get("get_ms"),
        "at": clock.rfc3339(clock.now()),
    }  # fmt: skip
    return checks.end(check.id, verdict, sentence, figures)


def examine(bench: Bench) -> list[Seen]:
    """Ask all questions, one after the other, and clean up."""
    seen: list[Seen] = []
    with guards.unguarded():
        try:
            for number, one in enumerate(PROBES):
                progress(number, len(PROBES), one.title)
                seen.append(ask(one, bench))
                if one.name == "put" and seen[-1].verdict == "bad":
                    break  # nothing can be learned of a place that takes nothing
        finally:
            bench.clean()
    return seen


def ask(one: Probe, bench: Bench) -> Seen:
    """Ask one question. Whatever a broken provider does, the next one is asked all the same."""
    begun = time.perf_counter()
    try:
        verdict, said = "good", one.ask(bench)
    except Skip as skipped:
        verdict, said = "none", str(skipped)
    except NotOffered as error:
        verdict, said = ("bad" if claims(bench.provider.profile, one.claim) else "none"), str(error)
    except Warn as error:
        verdict, said = "warn", str(error)
    except Bad as error:
        verdict, said = ("none" if one.claim and not claims(bench.provider.profile, one.claim) else "bad"), str(error)
    except (StorageError, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        log.info("probe failed", probe=one.name, error=str(error))
        known = one.claim and not claims(bench.provider.profile, one.claim)
        verdict, said = ("none" if known else "bad"), f"{type(error).__name__}: {error}"[:300]
    return Seen(one.name, one.title, verdict, said, one.claim, round((time.perf_counter() - begun) * 1000))


def claims(profile: Profile, claim: str) -> bool:
    """Say whether a profile claims something; what nobody has to claim is always wanted."""
    if not claim:
        return True
    value = getattr(profile, claim)
    return value != "none" if claim == "checksums" else bool(value)


def judge(seen: list[Seen], bench: Bench) -> tuple[str, str]:
    """Return verdict and sentence."""
    bad = [one for one in seen if one.verdict == "bad"]
    warned = [one for one in seen if one.verdict == "warn"]
    right = f"{sum(one.verdict == 'good' for one in seen)} right"
    skipped = sum(one.verdict == "none" for one in seen)
    rest = f" {skipped} of {len(seen)} are not offered there." if skipped else ""
    if bench.found.get("refuse"):
        return "bad", f"Do not use it: {bench.found['refuse']}."
    if bad:
        return "bad", f"{plural(len(bad), 'answer')} wrong of {len(seen)}: {', '.join(one.name for one in bad)}.{rest}"
    if warned:
        return "warn", f"{right}; to look at: {', '.join(one.name for one in warned)}.{rest}"
    return "good", f"{right}, nothing wrong.{rest}"


def fitting(bench: Bench, seen: list[Seen]) -> list[str]:
    """Return the profiles that claim nothing this provider does not do, those that claim most first."""
    kind = bench.provider.profile.kind
    if kind != "s3":  # there is but one of its kind, and much of it is not asked
        return [bench.provider.profile.name]
    can: dict[str, bool] = {}
    for one in seen:
        if one.claim in FLAGS:
            # A warning is about a setting (no rule yet), not about what the provider can do.
            can[one.claim] = can.get(one.claim, True) and one.verdict in {"good", "warn"}
    fits = [
        profile for profile in PROFILES.values()
        if profile.kind == kind and all(can.get(flag, True) for flag in FLAGS if claims(profile, flag))
    ]  # fmt: skip
    return [one.name for one in sorted(fits, key=lambda one: -sum(claims(one, flag) for flag in FLAGS))]


def why_refused(name: str) -> str:
    """Return why files must not be moved to a provider, by its newest examination; "" when nothing speaks against it."""
    row = checks.newest().get((name, "doctor"))
    found: dict[str, Any] = row.figures if row is not None else {}
    return str(found.get("refuse") or "")
