"""The providers under test, each with keys of its own for every test."""

import io
import os
import secrets
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from app.core.ids import CompanyId
from app.storage.adapters.azure import Azure
from app.storage.adapters.bodies import digest
from app.storage.adapters.local import Local
from app.storage.adapters.profiles import PROFILES
from app.storage.adapters.protocol import ObjectMissing, Provider, Stored
from app.storage.adapters.s3 import S3
from app.storage.adapters.s3_boto import Place as S3Place
from app.storage.keys import new_key
from app.storage.signing import OurAddresses
from app.storage.states import Category
from tests.storage.servers import Server

PART_BYTES = 5 << 20  # the least S3 takes: what is larger goes in parts
KINDS = ("local", "seaweedfs", "rclone", "azurite")


@dataclass
class Place:
    """A provider, and what helps to test it.

    Attributes:
        company: Its keys begin with it, so that tests do not see each other's files.
    """

    kind: str
    provider: Provider
    company: CompanyId

    @property
    def prefix(self) -> str:
        """What all keys of this test begin with."""
        return f"{self.company}/"

    def key(self) -> str:
        """Return a fresh key."""
        return new_key(self.company, Category.TEMP)

    def put(self, data: bytes, key: str = "", content_type: str = "text/plain", sha256: str = "") -> Stored:
        """Store some bytes."""
        return self.provider.put(
            key or self.key(), io.BytesIO(data), size_bytes=len(data), content_type=content_type, sha256=sha256
        )

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Return what is stored."""
        with self.provider.open(key, start=start, end=end) as pieces:
            return b"".join(pieces)

    def has(self, key: str) -> bool:
        """Say whether there is such an object."""
        try:
            self.provider.stat(key)
        except ObjectMissing:
            return False
        return True

    def keys(self, prefix: str = "", after: str = "") -> list[str]:
        """Return the listed keys."""
        return [one.key for page in self.provider.list(prefix or self.prefix, after=after) for one in page]

    def is_empty(self) -> bool:
        """Say whether this test left neither objects nor uploads."""
        return not self.keys() and not list(self.provider.list_multiparts(self.prefix))


class Dripping(io.RawIOBase):
    """A body that comes in small pieces of odd sizes, as from a network, and may break off."""

    def __init__(self, data: bytes, fails_at: int | None = None) -> None:
        super().__init__()
        self._data, self._at, self._fails_at = data, 0, fails_at

    def read(self, size: int | None = -1) -> bytes:
        """Return some of what was asked for."""
        if self._fails_at is not None and self._at >= self._fails_at:
            raise ConnectionResetError("the visitor has gone")
        step = min(65_537, size if size and size > 0 else 65_537)
        piece = self._data[self._at : self._at + step]
        self._at += len(piece)
        return piece


def random_bytes(size: int) -> bytes:
    """Return bytes nobody has seen."""
    return os.urandom(size)


def with_digest(data: bytes) -> tuple[bytes, str]:
    """Return bytes and their digest."""
    return data, digest(data)


def body_of(data: bytes) -> IO[bytes]:
    """Return bytes as a body."""
    return io.BytesIO(data)


def make_local(root: Path) -> Provider:
    """Return this disk."""
    found = Local(root, OurAddresses())
    found.profile = replace(found.profile, part_bytes=PART_BYTES)
    return found


def make_s3(server: Server) -> Provider:
    """Return a server that speaks S3."""
    about = server.about
    place = S3Place(about["bucket"], "us-east-1", about["endpoint"], "", about["access"], about["secret"])
    return make_made_s3("seaweedfs" if server.name == "seaweed" else "s3-compatible", place)


def make_made_s3(profile: str, place: S3Place) -> Provider:
    """Return a bucket of a server that runs."""
    return S3("s3", replace(PROFILES[profile], part_bytes=PART_BYTES), place)


def make_azure(server: Server) -> Provider:
    """Return Azurite."""
    return make_made_azure(server.about["connection"], server.about["container"])


def make_made_azure(connection: str, container: str) -> Provider:
    """Return a container of a server that runs."""
    found = Azure("azure-blob", connection, container)
    found.profile = replace(found.profile, part_bytes=PART_BYTES)
    return found


def fresh_company() -> CompanyId:
    """Return the id of a company that is not there: providers know none."""
    return CompanyId(10**15 + secrets.randbelow(10**15))
