"""How storage is, in one answer: where new files go, what stands between, how fast it is, what went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import urllib3

from app.breakers.registry import find_breaker
from app.core import clock
from app.core.setting import current_settings
from app.health.storage import probe_folder
from app.storage import providers, routing
from app.storage.adapters import sigv4
from app.storage.adapters.s3 import S3
from app.storage.care.beats import Pulse, pulse_of
from app.storage.keys import PROBES
from app.storage.problems import ProviderNotSetUp
from app.storage.states import ProviderName
from config import Settings

QUICK = urllib3.Timeout(connect=0.8, read=0.8)
ABSENT, FAILED = 404, 500
SHUT = {"OPEN", "FORCED_OPEN"}
_pool = urllib3.PoolManager(timeout=QUICK, retries=False, maxsize=4)


@dataclass(frozen=True)
class Standing:
    """One provider, now.

    Attributes:
        breaker: Its breaker's name. `breaker_state`: as calls of this process meet it.
        role: What it is for: writes, mirror, "" for nothing now.
    """

    name: str
    is_set_up: bool
    missing: str
    role: str
    breaker: str
    breaker_state: str
    pulse: Pulse

    @property
    def is_healthy(self) -> bool:
        """Whether calls are let through, and the newest look went well or there was none."""
        return self.is_set_up and self.breaker_state not in SHUT and self.pulse.is_good is not False


def standings() -> Sequence[Standing]:
    """Return every provider there could be."""
    settings = current_settings()
    writes, mirror = routing.writes_to(), routing.mirrors_to()
    found = []
    for name in ProviderName:
        missing = settings.missing_of(name.value)
        called = providers.breaker_of(settings, name)
        known = find_breaker(called)
        state = known.state.name if known is not None and not missing else ""
        role = "writes" if name == writes else "mirror" if name == mirror else ""
        pulse = Pulse() if missing else pulse_of(name)
        found.append(Standing(name.value, not missing, missing, role, called, state, pulse))
    return found


def ask(settings: Settings) -> tuple[bool, str, float | None]:
    """Ask where new files go, within two seconds and without a retry; for `/api/health` and readiness of people."""
    name = routing.writes_to()
    try:
        provider = providers.make(settings, name)
    except ProviderNotSetUp as error:
        return False, error.sentence, None
    if isinstance(provider, S3):
        return *ask_bucket(provider), None
    if name == ProviderName.LOCAL:
        return *probe_folder(settings.upload_dir), None
    pulse = pulse_of(name)
    return pulse.is_good is not False, pulse.said or "answers", None


def ask_bucket(bucket: S3) -> tuple[bool, str]:
    """Ask a bucket for an object that is not there: an answer is an answer."""
    place, key = bucket.http.bucket, f"{PROBES}health"
    path = place.path_of(key)
    headers = sigv4.sign_headers(bucket.boto.credentials(), "HEAD", place.host, path, {}, {}, sigv4.EMPTY, clock.now())
    try:
        answer = _pool.request("HEAD", f"{place.scheme}://{place.host}{path}", headers=headers, redirect=False)
    except urllib3.exceptions.HTTPError as error:
        return False, f"the bucket does not answer ({type(error).__name__})"
    if answer.status >= FAILED:
        return False, f"the bucket does not work ({answer.status})"
    if answer.status not in {200, ABSENT}:
        return False, f"the bucket refuses us ({answer.status})"
    return True, "the bucket answers"
