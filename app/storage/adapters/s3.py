"""Whatever speaks S3: Amazon, R2, SeaweedFS, Garage, MinIO, B2, … How they differ is their profile."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import IO
from urllib.parse import quote

import urllib3
from urllib3.response import BaseHTTPResponse

from app.storage.adapters import s3_errors, s3_parts
from app.storage.adapters.bodies import PIECE_BYTES, check_digest, check_ended, digest, read_whole
from app.storage.adapters.names import check_key
from app.storage.adapters.profiles import Profile
from app.storage.adapters.protocol import (
    NotOffered,
    ObjectExists,
    ObjectMissing,
    Part,
    ProviderAway,
    Signed,
    Stored,
    Unfinished,
    WrongBytes,
)
from app.storage.adapters.s3_boto import Boto, Place, speaking
from app.storage.adapters.s3_http import Answer, Http, find_bucket
from app.storage.naming import disposition

SHA256 = "x-amz-checksum-sha256"
ONCE = {"if-none-match": "*"}


class S3:
    """One bucket.

    Attributes:
        http: Our own way, for what happens often. `boto`: the SDK, for the rest.
        page_objects: How many a page of a list has at most.
    """

    page_objects = 1000

    def __init__(self, name: str, profile: Profile, place: Place, public_base: str = "") -> None:
        self.name, self.profile, self.place = name, profile, place
        self.boto = Boto(place, profile)
        self.http = Http(
            find_bucket(place.url, place.bucket, path_style=profile.path_style),
            find_bucket(place.public_url, place.bucket, path_style=profile.path_style),
            self.boto.credentials,
        )
        self._public_base = public_base

    def put(self, key: str, body: IO[bytes], *, size_bytes: int, content_type: str, sha256: str = "") -> Stored:
        """As the protocol says; above one part's size it is a multipart upload."""
        check_key(key)
        if size_bytes > self.profile.part_bytes:
            self.check_free(key)
            return s3_parts.put_large(self, key, body, size_bytes, content_type, sha256)
        data = read_whole(body, size_bytes, key)
        check_ended(body, size_bytes, key)
        found = digest(data)
        check_digest(sha256, found, key)
        if not self.profile.conditional_put:
            self.check_free(key)
        headers = {"content-type": content_type, **self.checks(data, found)}
        if self.profile.conditional_put:
            headers |= ONCE
        try:
            answer = self.http.send("PUT", key, body=data, payload=found, headers=headers)
        except ObjectExists as error:
            # An attempt whose answer was lost may have stored it.
            if error.attempts > 1 and (ours := self._ours(key, data, found)) is not None:
                return ours
            raise
        return self._proven(key, answer, data, found, content_type)

    @contextmanager
    def open(self, key: str, *, start: int = 0, end: int | None = None) -> Iterator[Iterator[bytes]]:
        """As the protocol says."""
        if end is not None and end <= start:
            self.stat(key)
            yield iter(())
            return
        headers = {"range": f"bytes={start}-{'' if end is None else end - 1}"} if start or end is not None else {}
        try:
            answer = self.http.begin_read(key, headers)
        except s3_errors.BeyondEnd:
            yield iter(())
            return
        try:
            yield _pieces(answer, key)
        finally:
            answer.close()  # back in its pool already when read to the end; else what is left is not worth reading

    def stat(self, key: str) -> Stored:
        """As the protocol says."""
        answer = self.http.send("HEAD", key, headers={"x-amz-checksum-mode": "ENABLED"})
        return _stored(key, answer.headers)

    def delete(self, keys: Sequence[str]) -> None:
        """As the protocol says."""
        if len(keys) == 1 or not self.profile.bulk_delete:
            for key in keys:
                self._delete_one(key)
            return
        with speaking(keys[0] if keys else ""):
            for at in range(0, len(keys), 1000):
                wanted = {"Objects": [{"Key": key} for key in keys[at : at + 1000]], "Quiet": True}
                answer = self.boto.client.delete_objects(Bucket=self.place.bucket, Delete=wanted)
                for failed in answer.get("Errors", []):
                    if failed.get("Code") not in s3_errors.MISSING:
                        raise s3_errors.of_code(failed.get("Code", ""), failed.get("Message", ""), 0, failed["Key"])

    def copy(self, source: str, target: str) -> Stored:
        """As the protocol says; above what one request copies, part by part inside the provider."""
        found = self.stat(source)
        check_key(target)
        self.check_free(target)
        if found.size_bytes > self.profile.most_put_bytes:
            return s3_parts.copy_large(self, source, target, found)
        with speaking(source):
            self.boto.client.copy_object(
                Bucket=self.place.bucket, Key=target, CopySource={"Bucket": self.place.bucket, "Key": source},
                MetadataDirective="COPY",
            )  # fmt: skip
        copied = self.stat(target)
        if copied.size_bytes != found.size_bytes:
            self.delete([target])
            raise WrongBytes(f"{copied.size_bytes} of {found.size_bytes} bytes were copied", target)
        return copied

    def list(self, prefix: str, *, after: str = "") -> Iterator[Sequence[Stored]]:
        """As the protocol says."""
        asked = {"Bucket": self.place.bucket, "Prefix": prefix, "MaxKeys": self.page_objects}
        with speaking(prefix):
            while True:
                page = self.boto.client.list_objects_v2(**asked, **({"StartAfter": after} if after else {}))
                found = [
                    Stored(one["Key"], one["Size"], one["ETag"].strip('"'), modified_at=one["LastModified"])
                    for one in page.get("Contents", [])
                ]
                if found:
                    yield found
                    after = found[-1].key
                if not page.get("IsTruncated") or not found:
                    return

    def begin_multipart(self, key: str, content_type: str) -> str:
        """As the protocol says."""
        return s3_parts.begin(self, check_key(key), content_type)

    def put_part(self, key: str, upload_id: str, number: int, body: IO[bytes], *, size_bytes: int) -> Part:
        """As the protocol says."""
        return s3_parts.put(self, key, upload_id, number, read_whole(body, size_bytes, key))

    def list_parts(self, key: str, upload_id: str) -> Sequence[Part]:
        """As the protocol says."""
        return s3_parts.parts(self, key, upload_id)

    def complete_multipart(self, key: str, upload_id: str, parts: Sequence[Part]) -> Stored:
        """As the protocol says."""
        return s3_parts.complete(self, key, upload_id, parts)

    def abort_multipart(self, key: str, upload_id: str) -> None:
        """As the protocol says."""
        s3_parts.abort(self, key, upload_id)

    def list_multiparts(self, prefix: str = "") -> Iterable[Unfinished]:
        """As the protocol says."""
        return s3_parts.unfinished(self, prefix)

    def sign_get(
        self, key: str, *, expires_s: int, file_name: str = "", content_type: str = "", inline: bool = False
    ) -> Signed:
        """As the protocol says."""
        plain = "inline" if inline else "attachment"
        query = {"response-content-disposition": disposition(file_name, inline=inline) if file_name else plain}
        if content_type:
            query["response-content-type"] = content_type
        return self.http.sign("GET", key, expires_s=expires_s, headers={}, query=query)

    def sign_put(self, key: str, *, size_bytes: int, content_type: str, sha256: str, expires_s: int) -> Signed:
        """As the protocol says: all four are signed headers."""
        if not self.profile.binds_put or not self.profile.conditional_put:
            raise NotOffered(f"{self.profile.name} does not hold an upload to what was signed", key)
        headers = {
            "Content-Type": content_type,
            "Content-Length": str(size_bytes),
            SHA256: base64.b64encode(bytes.fromhex(sha256)).decode(),
            "If-None-Match": "*",
        }
        return self.http.sign("PUT", check_key(key), expires_s=expires_s, headers=headers, query={})

    def sign_part(self, key: str, upload_id: str, number: int, *, size_bytes: int, expires_s: int) -> Signed:
        """As the protocol says: the length is a signed header."""
        query = {"partNumber": str(number), "uploadId": upload_id}
        return self.http.sign(
            "PUT", check_key(key), expires_s=expires_s, headers={"Content-Length": str(size_bytes)}, query=query
        )

    def public_url(self, key: str) -> str:
        """As the protocol says: the CDN's address, where there is one."""
        return f"{self._public_base.rstrip('/')}/{quote(check_key(key))}" if self._public_base else ""

    def checks(self, data: bytes, found: str) -> Mapping[str, str]:
        """Return the headers by which the provider checks a body: its SHA-256, or the MD5 all of them know."""
        if self.profile.checksums == "sha256":
            return {SHA256: base64.b64encode(bytes.fromhex(found)).decode()}
        md5 = hashlib.md5(data, usedforsecurity=False).digest()
        return {"content-md5": base64.b64encode(md5).decode()}

    def check_free(self, key: str) -> None:
        """Refuse a key that is taken, where the provider would write over it.

        Raises:
            ObjectExists: It is taken.
        """
        try:
            self.stat(key)
        except ObjectMissing:
            return
        raise ObjectExists("there is one already", key)

    def _delete_one(self, key: str) -> None:
        try:
            self.http.send("DELETE", key)
        except ObjectMissing:
            return

    def _proven(self, key: str, answer: Answer, data: bytes, found: str, content_type: str) -> Stored:
        """Return what was stored, once it is known that all of it was: by the answer's digest, or by asking."""
        etag = answer.headers.get("etag", "").strip('"')
        if _sha256(answer.headers) == found or (self.profile.etag_is_md5 and etag == _md5(data)):
            return Stored(key, len(data), etag, sha256=found, content_type=content_type)
        there = self.stat(key)
        if there.size_bytes != len(data):
            self.delete([key])
            raise WrongBytes(f"{there.size_bytes} bytes were stored, {len(data)} were sent", key)
        return Stored(key, len(data), there.etag, found, content_type, there.modified_at)

    def _ours(self, key: str, data: bytes, found: str) -> Stored | None:
        there = self.stat(key)
        is_same = there.sha256 == found or (self.profile.etag_is_md5 and there.etag == _md5(data))
        return replace(there, sha256=found) if is_same and there.size_bytes == len(data) else None


def _pieces(answer: BaseHTTPResponse, key: str) -> Iterator[bytes]:
    wanted, got = int(answer.headers.get("content-length", -1)), 0
    try:
        for piece in answer.stream(PIECE_BYTES, decode_content=False):
            got += len(piece)
            yield piece
    except urllib3.exceptions.HTTPError as error:
        raise s3_errors.of_connection(error, key) from error
    if wanted not in {-1, got}:
        raise ProviderAway(f"the answer ended after {got} of {wanted} bytes", key)


def _stored(key: str, headers: Mapping[str, str]) -> Stored:
    said = headers.get("last-modified")
    modified: datetime | None = parsedate_to_datetime(said) if said else None
    return Stored(
        key, int(headers.get("content-length", 0)), headers.get("etag", "").strip('"'), _sha256(headers),
        headers.get("content-type", ""), modified,
    )  # fmt: skip


def _sha256(headers: Mapping[str, str]) -> str:
    """Return the digest of the whole in hex; that of a multipart upload is one of digests and is none."""
    said = headers.get(SHA256, "")
    if not said or "-" in said or headers.get("x-amz-checksum-type", "FULL_OBJECT") != "FULL_OBJECT":
        return ""
    try:
        return base64.b64decode(said, validate=True).hex()
    except ValueError:
        return ""


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()
