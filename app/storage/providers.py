"""The providers this process can reach: made of the settings at first use, each behind its breaker.

    provider("s3").put(key, body, size_bytes=…, content_type=…)

One of each for a process and its threads. A fork begins with none: connections and locks are its parent's.
"""

import os
import threading
from typing import Literal, cast

from flask import Flask, current_app

from app.breakers.breaker import Breaker
from app.breakers.config import BreakerConfig
from app.breakers.registry import breaker
from app.storage.adapters.azure import Azure
from app.storage.adapters.local import Local
from app.storage.adapters.profiles import PROFILES
from app.storage.adapters.protocol import NotOffered, Provider
from app.storage.adapters.s3 import S3
from app.storage.adapters.s3_boto import Place
from app.storage.guarded import Guarded
from app.storage.problems import ProviderNotSetUp
from app.storage.signing import OurAddresses
from app.storage.states import ProviderName
from config import Settings

EXTENSION = "quarterdeck-storage-providers"
BREAKER = "storage"
S = 1000
OTHERS = BreakerConfig(
    sliding_window_size=20, minimum_number_of_calls=5, wait_duration_in_open_state_ms=5 * S,
    permitted_number_of_calls_in_half_open_state=2, max_wait_duration_in_half_open_state_ms=20 * S,
    slow_call_duration_threshold_ms=5 * S, slow_call_rate_threshold=80,
)  # fmt: skip


class Providers:
    """Those of one app in one process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._made: dict[str, Provider] = {}
        self._lock = threading.Lock()
        os.register_at_fork(after_in_child=self.forget)

    def get(self, name: str) -> Provider:
        """Return a provider, made when there is none yet.

        Raises:
            ProviderNotSetUp: Settings are missing, or nobody knows it.
        """
        found = self._made.get(name)
        if found is None:
            with self._lock:
                found = self._made.get(name) or self._make(name)
                self._made[name] = found
        return found

    def forget(self) -> None:
        """Begin again with none."""
        self._lock = threading.Lock()
        self._made = {}

    def _make(self, name: str) -> Provider:
        guard(self.settings, name)
        return Guarded(make(self.settings, name), breaker_of(self.settings, name))


def provider(name: str) -> Provider:
    """Return a configured provider by its name (`local`, `s3`, `cloudflare-r2`, `azure-blob`).

    Raises:
        ProviderNotSetUp: Settings are missing, or nobody knows it.
    """
    return _providers().get(name)


def configured() -> list[str]:
    """Return the names of the providers whose settings are there."""
    settings = _providers().settings
    return [name.value for name in ProviderName if not settings.missing_of(_known(name.value))]


def reset(app: Flask | None = None) -> None:
    """Forget what was made, so that settings and credentials are read again."""
    found = (app or current_app).extensions.get(EXTENSION)
    if found is not None:
        found.forget()


def breaker_of(settings: Settings, name: str) -> str:
    """Return the name of a provider's breaker: `storage` is that of where new files go."""
    return BREAKER if name == settings.storage_provider else f"{BREAKER}-{name}"


def guard(settings: Settings, name: str) -> Breaker:
    """Return a provider's breaker, made here for one that is not where new files go."""
    called = breaker_of(settings, name)
    return breaker(called) if called == BREAKER else breaker(called, OTHERS)


def make(settings: Settings, name: str) -> Provider:
    """Return a provider as the settings say, without a breaker.

    Raises:
        ProviderNotSetUp: Settings are missing, or nobody knows it.
    """
    missing = settings.missing_of(_known(name))
    if missing:
        raise ProviderNotSetUp(provider=name, missing=missing)
    match ProviderName(name):
        case ProviderName.LOCAL:
            return Local(settings.upload_dir.resolve(), OurAddresses())
        case ProviderName.S3:
            return S3(name, PROFILES[profile_of_s3(settings)], _place_of_s3(settings), settings.cdn_base_url)
        case ProviderName.R2:
            return S3(name, PROFILES["r2"], _place_of_r2(settings), settings.cdn_base_url)
        case ProviderName.AZURE:
            return _make_azure(settings, name)


def profile_of_s3(settings: Settings) -> str:
    """Return which profile holds for the provider `s3`."""
    return settings.s3_profile or ("s3-compatible" if settings.s3_endpoint else "aws")


def _providers() -> Providers:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 (the app itself)
    found: Providers | None = app.extensions.get(EXTENSION)
    return found if found is not None else app.extensions.setdefault(EXTENSION, Providers(app.config["SETTINGS"]))


def _known(name: str) -> Literal["local", "s3", "cloudflare-r2", "azure-blob"]:
    if name not in set(ProviderName):
        raise ProviderNotSetUp(provider=name, missing="another name: there is no such provider")
    return cast("Literal['local', 's3', 'cloudflare-r2', 'azure-blob']", name)


def _place_of_s3(settings: Settings) -> Place:
    profile = PROFILES[profile_of_s3(settings)]
    secret, key = settings.aws_secret_access_key, settings.aws_access_key_id
    return Place(
        settings.aws_s3_bucket, profile.region or settings.aws_region, settings.s3_endpoint,
        settings.s3_public_endpoint, key.get_secret_value() if key else "", secret.get_secret_value() if secret else "",
    )  # fmt: skip


def _place_of_r2(settings: Settings) -> Place:
    secret, key = settings.cloudflare_r2_secret_access_key, settings.cloudflare_r2_access_key_id
    endpoint = settings.cloudflare_r2_endpoint or f"https://{settings.cloudflare_account_id}.r2.cloudflarestorage.com"
    return Place(
        settings.cloudflare_r2_bucket, PROFILES["r2"].region, endpoint, "", key.get_secret_value() if key else "",
        secret.get_secret_value() if secret else "",
    )  # fmt: skip


def _make_azure(settings: Settings, name: str) -> Provider:
    connection = settings.azure_storage_connection_string
    try:
        return Azure(
            name, connection.get_secret_value() if connection else "", settings.azure_storage_container,
            settings.cdn_base_url,
        )  # fmt: skip
    except NotOffered as error:
        raise ProviderNotSetUp(provider=name, missing="its package: pip install -r requirements-azure.txt") from error
