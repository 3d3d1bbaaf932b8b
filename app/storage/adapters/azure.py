"""Azure Blob Storage, by its SDK, which is an extra: `pip install -r requirements-azure.txt`.

It knows no upload ids: parts are blocks staged under the blob's own name, so an id of ours is part of each block's
name, and block 0 says what the upload is. A signed address there binds neither length nor digest, so none is given
out for sending.
"""

import hashlib
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import IO, Any
from urllib.parse import quote

from app.core import clock
from app.storage.adapters import azure_blocks
from app.storage.adapters.azure_sdk import load, read_chunks, speaking
from app.storage.adapters.bodies import check_digest, check_ended, digest, read_whole
from app.storage.adapters.names import check_key
from app.storage.adapters.profiles import PROFILES
from app.storage.adapters.protocol import (
    NotOffered,
    ObjectExists,
    ObjectMissing,
    Part,
    ProviderAway,
    ProviderRefused,
    Signed,
    StorageError,
    Stored,
    Unfinished,
    WrongBytes,
)
from app.storage.naming import disposition

CONNECT_S, READ_S, RETRIES = 5, 30, 3
READ_BYTES = 4 << 20
MOST_DELETES = 256
ACCEPTED, NOT_FOUND = 202, 404


class Azure:
    """One container.

    Attributes:
        page_objects: How many a page of a list has at most.
    """

    page_objects = 1000

    def __init__(
        self, name: str, connection: str, container: str, public_base: str = "", retries: int = RETRIES
    ) -> None:
        self.name, self.profile = name, PROFILES["azure"]
        self.connection, self.container, self._public_base = connection, container, public_base
        self._retries = retries
        self._sdk, self._lock = load(), threading.Lock()
        self._made: Any = None  # Any: the SDK's

    @property
    def _client(self) -> Any:  # Any: the SDK's client of the container
        if self._made is None:
            with self._lock:
                if self._made is None:
                    self._made = self._sdk.ContainerClient.from_connection_string(
                        self.connection, self.container, connection_timeout=CONNECT_S, read_timeout=READ_S,
                        retry_total=self._retries, max_single_get_size=READ_BYTES, max_chunk_get_size=READ_BYTES,
                        max_single_put_size=self.profile.most_put_bytes,
                    )  # fmt: skip
        return self._made

    def put(self, key: str, body: IO[bytes], *, size_bytes: int, content_type: str, sha256: str = "") -> Stored:
        """As the protocol says; above one part's size it is staged in blocks."""
        blob = self._blob(check_key(key))
        if size_bytes > self.profile.part_bytes:
            self._check_free(key)
            return self._put_large(key, body, size_bytes, content_type, sha256)
        data = read_whole(body, size_bytes, key)
        check_ended(body, size_bytes, key)
        found = digest(data)
        check_digest(sha256, found, key)
        with speaking(key):
            said = blob.upload_blob(
                data,
                length=len(data),
                overwrite=False,
                validate_content=True,
                content_settings=self._type(content_type),
            )
        return Stored(key, len(data), said["etag"].strip('"'), found, content_type, said["last_modified"])

    @contextmanager
    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[Iterator[bytes]]:
        """As the protocol says."""
        size = self.stat(key).size_bytes
        last = size if end is None else min(end, size)
        if start >= last:
            yield iter(())
            return
        with speaking(key):
            chunks = self._blob(key).download_blob(offset=start, length=last - start).chunks()
        yield read_chunks(chunks, key)

    def stat(self, key: str) -> Stored:
        """As the protocol says; the digest is not known there."""
        with speaking(key):
            found = self._blob(key).get_blob_properties()
        return _stored(found)

    def delete(self, keys: Sequence[str]) -> None:
        """As the protocol says."""
        for at in range(0, len(keys), MOST_DELETES):
            some = keys[at : at + MOST_DELETES]
            with speaking(some[0]):
                for key, said in zip(some, self._client.delete_blobs(*some, raise_on_any_failure=False), strict=True):
                    if said.status_code not in {ACCEPTED, NOT_FOUND}:
                        raise ProviderAway(f"deleting was answered by {said.status_code}", key)

    def copy(self, source: str, target: str) -> Stored:
        """As the protocol says: inside one account it is done when the answer comes."""
        found = self.stat(source)
        self._check_free(check_key(target))
        with speaking(target):
            said = self._blob(target).start_copy_from_url(
                self._blob(source).url, match_condition=self._sdk.MatchConditions.IfMissing
            )
        copied = self.stat(target)
        if said["copy_status"] != "success" or copied.size_bytes != found.size_bytes:
            self.delete([target])
            raise WrongBytes("the copy was not finished", target)
        return copied

    def list(self, prefix: str, *, after: str = "") -> Iterator[Sequence[Stored]]:
        """As the protocol says."""
        asked = {"start_from": after} if after else {}
        with speaking(prefix):
            for page in self._client.list_blobs(prefix or None, results_per_page=self.page_objects, **asked).by_page():
                if found := [_stored(one) for one in page if one.name > after]:
                    yield found

    def begin_multipart(self, key: str, content_type: str) -> str:
        """As the protocol says."""
        upload_id = azure_blocks.new_upload(content_type)
        self._stage(check_key(key), upload_id, azure_blocks.ABOUT, b"begun")
        return upload_id

    def put_part(self, key: str, upload_id: str, number: int, body: IO[bytes], *, size_bytes: int) -> Part:
        """As the protocol says."""
        if not 1 <= number <= self.profile.most_parts:
            raise ProviderRefused(f"parts are numbered from 1 to {self.profile.most_parts}", key)
        self._parts(key, upload_id)
        return self._stage(key, upload_id, number, read_whole(body, size_bytes, key))

    def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """As the protocol says."""
        return [part for part in self._parts(key, upload_id) if part.number != azure_blocks.ABOUT]

    def complete_multipart(self, key: str, upload_id: str, parts: Sequence[Part]) -> Stored:
        """As the protocol says."""
        there = {part.number: part for part in self._parts(key, upload_id)}
        numbers = [part.number for part in parts]
        if not numbers or numbers != sorted(set(numbers)):
            raise WrongBytes("the parts are not in order", key)
        for part in parts:
            if part.number not in there or there[part.number].etag != part.etag:
                raise WrongBytes(f"part {part.number} is not there, or is another one", key)
        size = sum(there[number].size_bytes for number in numbers)
        return self._commit(key, upload_id, numbers, size)

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """As the protocol says: an empty blob takes the place of the blocks and goes; else they go after a week."""
        with suppress(ObjectMissing, ObjectExists):
            self._parts(key, upload_id)
            with speaking(key):
                made = self._blob(key).commit_block_list([], **self._once())
                self._blob(key).delete_blob(etag=made["etag"], match_condition=self._sdk.MatchConditions.IfNotModified)

    def list_multiparts(self, prefix: str = "") -> Iterable[Unfinished]:
        """As the protocol says."""
        with speaking(prefix):
            for found in self._client.list_blobs(prefix or None, include=["uncommittedblobs"]):
                if not found.size:
                    with suppress(ObjectMissing):
                        for upload_id in {azure_blocks.upload_of(name) for name, _ in self._blocks(found.name)}:
                            yield Unfinished(found.name, upload_id, azure_blocks.begun_at(upload_id))

    def sign_get(
        self, key: str, *, expires_s: int, file_name: str = "", content_type: str = "", inline: bool = False
    ) -> Signed:
        """As the protocol says."""
        plain = "inline" if inline else "attachment"
        until = clock.now() + timedelta(seconds=expires_s)
        account = self._client.credential
        if not getattr(account, "account_key", None):
            raise NotOffered("without an account key nothing can be signed", key)
        with speaking(key):
            token = self._sdk.generate_blob_sas(
                account.account_name, self.container, key, account_key=account.account_key,
                permission=self._sdk.BlobSasPermissions(read=True), expiry=until, content_type=content_type or None,
                content_disposition=disposition(file_name, inline=inline) if file_name else plain,
            )  # fmt: skip
        return Signed(f"{self._blob(key).url}?{token}", "GET", until.replace(microsecond=0))

    def sign_put(self, key: str, *, size_bytes: int, content_type: str, sha256: str, expires_s: int) -> Signed:
        """As the protocol says: never."""
        raise NotOffered("Azure does not hold an upload to what was signed", key)

    def sign_part(self, key: str, upload_id: str, number: int, *, size_bytes: int, expires_s: int) -> Signed:
        """As the protocol says: never, for such an address could also write the whole blob."""
        raise NotOffered("Azure does not hold an upload to what was signed", key)

    def public_url(self, key: str) -> str:
        """As the protocol says: the CDN's address, where there is one."""
        return f"{self._public_base.rstrip('/')}/{quote(check_key(key))}" if self._public_base else ""

    def _put_large(self, key: str, body: IO[bytes], size_bytes: int, content_type: str, sha256: str) -> Stored:
        upload_id = self.begin_multipart(key, content_type)
        try:
            seen, left, number = hashlib.sha256(), size_bytes, 0
            step = max(self.profile.part_bytes, -(-size_bytes // self.profile.most_parts))
            while left:
                data = read_whole(body, min(step, left), key)
                seen.update(data)
                number += 1
                self._stage(key, upload_id, number, data)
                left -= len(data)
            check_ended(body, size_bytes, key)
            check_digest(sha256, seen.hexdigest(), key)
            stored = self._commit(key, upload_id, range(1, number + 1), size_bytes)
        except BaseException:
            with suppress(StorageError):
                self.abort_multipart(key, upload_id)
            raise
        return replace(stored, sha256=seen.hexdigest())

    def _stage(self, key: str, upload_id: str, number: int, data: bytes) -> Part:
        name = azure_blocks.name_of(upload_id, number)
        with speaking(key):
            self._blob(key).stage_block(name, data, length=len(data), validate_content=True)
        return Part(number, name, len(data), digest(data))

    def _commit(self, key: str, upload_id: str, numbers: Iterable[int], size_bytes: int) -> Stored:
        blocks = [self._sdk.BlobBlock(azure_blocks.name_of(upload_id, number)) for number in numbers]
        content_type = azure_blocks.content_type(upload_id)
        with speaking(key):
            self._blob(key).commit_block_list(blocks, content_settings=self._type(content_type), **self._once())
        stored = self.stat(key)
        if stored.size_bytes != size_bytes:
            self.delete([key])
            raise WrongBytes(f"{stored.size_bytes} bytes were stored, {size_bytes} were sent", key)
        return stored

    def _parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """Return the blocks of one upload, the one of its beginning included.

        Raises:
            ObjectMissing: There is no such upload.
        """
        mine = azure_blocks.short(upload_id)
        found = [
            Part(azure_blocks.number_of(name), name, size)
            for name, size in self._blocks(key)
            if azure_blocks.upload_of(name) == mine
        ]
        if not found:
            raise ObjectMissing("there is no such upload", key)
        return sorted(found, key=lambda part: part.number)

    def _blocks(self, key: str) -> Sequence[tuple[str, int]]:
        with speaking(key):
            _, staged = self._blob(key).get_block_list("uncommitted")
        return [(one.id, one.size) for one in staged if azure_blocks.is_ours(one.id)]

    def _check_free(self, key: str) -> None:
        with suppress(ObjectMissing):
            self.stat(key)
            raise ObjectExists("there is one already", key)

    def _blob(self, key: str) -> Any:  # Any: the SDK's client of one blob
        return self._client.get_blob_client(key)

    def _type(self, content_type: str) -> Any:  # Any: the SDK's
        return self._sdk.ContentSettings(content_type=content_type or "application/octet-stream")

    def _once(self) -> dict[str, Any]:  # Any: what the SDK takes
        return {"match_condition": self._sdk.MatchConditions.IfMissing}


def _stored(found: Any) -> Stored:  # Any: the SDK's BlobProperties
    kind = found.content_settings.content_type or ""
    return Stored(found.name, found.size, (found.etag or "").strip('"'), "", kind, found.last_modified)
