"""boto3's clients: one per provider and process, made once and late, never across a fork."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.storage.adapters import s3_errors
from app.storage.adapters.profiles import Profile
from app.storage.adapters.protocol import ProviderRefused
from app.storage.adapters.s3_http import ATTEMPTS, CONNECT_S, CONNECTIONS, READ_S
from app.storage.adapters.sigv4 import Credentials


@dataclass(frozen=True, slots=True)
class Place:
    """Where a bucket is and who we are there.

    Attributes:
        endpoint: "" for Amazon's own. `public_endpoint`: as a browser reaches it; "" for the same.
        access_key: "" lets the SDK look: the environment, its files, the machine's role.
    """

    bucket: str
    region: str
    endpoint: str = ""
    public_endpoint: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """The endpoint, spelled out."""
        return self.endpoint or f"https://s3.{self.region}.amazonaws.com"

    @property
    def public_url(self) -> str:
        """The endpoint for browsers, spelled out."""
        return self.public_endpoint or self.url


class Boto:
    """The client of one place, made at its first use under a lock: the making is not safe between threads."""

    def __init__(self, place: Place, profile: Profile) -> None:
        self._place, self._profile = place, profile
        self._lock = threading.Lock()
        self._made: Any = None  # Any: boto3 makes its classes at run time

    @property
    def client(self) -> Any:  # Any: as above
        """The client; safe to share once it is made."""
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._session.client("s3", endpoint_url=self._place.url, config=self._config())
        return self._made

    def credentials(self) -> Credentials:
        """Return what to sign with; a role's are renewed here when they are about to end.

        Raises:
            ProviderRefused: There are none.
        """
        if self._place.access_key:
            return Credentials(self._place.access_key, self._place.secret_key, self._place.region)
        with self._lock:
            found = self._session.get_credentials()
        if found is None:
            raise ProviderRefused("there are no credentials")
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key, frozen.secret_key, self._place.region, frozen.token or "")

    @cached_property
    def _session(self) -> Any:  # Any: as above
        return boto3.session.Session(
            aws_access_key_id=self._place.access_key or None,
            aws_secret_access_key=self._place.secret_key or None,
            region_name=self._place.region,
        )

    def _config(self) -> Config:
        """Checksums only where we say so: what the SDK adds by itself is an error at R2, B2 and others."""
        return Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            max_pool_connections=CONNECTIONS,
            s3={"addressing_style": "path" if self._profile.path_style or "." in self._place.bucket else "virtual"},
        )


@contextmanager
def speaking(key: str) -> Iterator[None]:
    """Say in the words of the protocol what boto3 raises."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise s3_errors.of_boto(error, key) from error
