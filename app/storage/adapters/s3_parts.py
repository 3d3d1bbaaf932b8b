"""Multipart uploads at S3: bookkeeping by the SDK, the parts themselves by our own way, a few in memory at a time."""

import hashlib
import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any

from app.storage.adapters.bodies import check_digest, check_ended, digest, read_whole
from app.storage.adapters.protocol import (
    ObjectExists,
    ObjectMissing,
    Part,
    ProviderRefused,
    StorageError,
    Stored,
    Unfinished,
    WrongBytes,
)
from app.storage.adapters.s3_boto import speaking

if TYPE_CHECKING:
    from app.storage.adapters.s3 import S3

MIB = 1 << 20
BESIDE = 2  # as much as keeps a network busy while the next part is read; each costs a part of memory


def put_large(s3: "S3", key: str, body: IO[bytes], size_bytes: int, content_type: str, sha256: str) -> Stored:
    """Send a body part by part, a few beside each other; what was begun is forgotten when anything fails."""
    upload_id = begin(s3, key, content_type)
    try:
        seen = hashlib.sha256()
        parts = list(send_parts(s3, key, upload_id, cut(s3, body, size_bytes, key, seen)))
        check_ended(body, size_bytes, key)
        check_digest(sha256, seen.hexdigest(), key)
        stored = complete(s3, key, upload_id, parts)
    except BaseException:
        with suppress(StorageError):
            abort(s3, key, upload_id)
        raise
    return Stored(key, stored.size_bytes, stored.etag, seen.hexdigest(), content_type, stored.modified_at)


def cut(s3: "S3", body: IO[bytes], size_bytes: int, key: str, seen: "hashlib._Hash") -> Iterator[bytes]:
    """Yield the body in parts, and add each to the digest of the whole."""
    step, left = part_bytes(s3, size_bytes), size_bytes
    while left:
        data = read_whole(body, min(step, left), key)
        seen.update(data)
        left -= len(data)
        yield data


def send_parts(s3: "S3", key: str, upload_id: str, bodies: Iterator[bytes]) -> Iterator[Part]:
    """Send parts while the next one is read, and yield what the provider said, in their order.

    At most `BESIDE` are on their way: one part is all that is held beyond them.
    """
    on_way: deque[Future[Part]] = deque()
    with ThreadPoolExecutor(BESIDE) as pool:
        try:
            for number, data in enumerate(bodies, 1):
                on_way.append(pool.submit(copy_context().run, put, s3, key, upload_id, number, data))
                if len(on_way) == BESIDE:
                    yield on_way.popleft().result()
            while on_way:
                yield on_way.popleft().result()
        finally:
            for one in on_way:
                one.cancel()


def copy_large(s3: "S3", source: str, target: str, found: Stored) -> Stored:
    """Copy what is too large for one request, part by part inside the provider."""
    upload_id = begin(s3, target, found.content_type)
    try:
        parts, step = [], 1 << 30
        for number, at in enumerate(range(0, found.size_bytes, step), 1):
            last = min(at + step, found.size_bytes) - 1
            with speaking(source):
                answer = s3.boto.client.upload_part_copy(
                    Bucket=s3.place.bucket, Key=target, UploadId=upload_id, PartNumber=number,
                    CopySource={"Bucket": s3.place.bucket, "Key": source}, CopySourceRange=f"bytes={at}-{last}",
                )["CopyPartResult"]  # fmt: skip
            parts.append(Part(number, answer["ETag"].strip('"'), last + 1 - at, answer.get("ChecksumSHA256", "")))
        return complete(s3, target, upload_id, parts)
    except BaseException:
        with suppress(StorageError):
            abort(s3, target, upload_id)
        raise


def part_bytes(s3: "S3", size_bytes: int) -> int:
    """Return how large parts are: as the profile says, larger only when there would be too many."""
    least = -(-size_bytes // s3.profile.most_parts)
    return max(s3.profile.part_bytes, -(-least // MIB) * MIB)


def begin(s3: "S3", key: str, content_type: str) -> str:
    """Begin an upload."""
    with speaking(key):
        answer = s3.boto.client.create_multipart_upload(
            Bucket=s3.place.bucket, Key=key, ContentType=content_type or "application/octet-stream"
        )
    return str(answer["UploadId"])


def put(s3: "S3", key: str, upload_id: str, number: int, data: bytes) -> Part:
    """Send a part; the provider checks its digest."""
    if not 1 <= number <= s3.profile.most_parts:
        raise ProviderRefused(f"parts are numbered from 1 to {s3.profile.most_parts}", key)
    found = digest(data)
    answer = s3.http.send(
        "PUT", key, body=data, payload=found, headers=s3.checks(data, found),
        query={"partNumber": str(number), "uploadId": upload_id},
    )  # fmt: skip
    return Part(number, answer.headers.get("etag", "").strip('"'), len(data), found)


def parts(s3: "S3", key: str, upload_id: str) -> Sequence[Part]:
    """Return the parts that are there.

    SeaweedFS lists a part that was sent twice twice: the later one counts. When both are of one second nobody can
    tell which it is, and the part is as good as missing.
    """
    found: dict[int, tuple[Any, Part]] = {}  # Any: the SDK's times
    asked = {"Bucket": s3.place.bucket, "Key": key, "UploadId": upload_id}
    with speaking(key):
        for page in s3.boto.client.get_paginator("list_parts").paginate(**asked):
            for one in page.get("Parts", []):
                at, part = one["LastModified"], Part(one["PartNumber"], one["ETag"].strip('"'), one["Size"])
                before = found.get(part.number)
                if before is not None and before[0] == at and before[1].etag != part.etag:
                    part = replace(part, etag="")
                if before is None or before[0] <= at:
                    found[part.number] = at, part
    return [found[number][1] for number in sorted(found) if found[number][1].etag]


def complete(s3: "S3", key: str, upload_id: str, wanted: Sequence[Part]) -> Stored:
    """Make one object of the parts."""
    if not s3.profile.conditional_complete:
        s3.check_free(key)
    joined = {"Parts": [{"PartNumber": part.number, "ETag": f'"{part.etag}"'} for part in wanted]}
    asked: dict[str, Any] = {"Bucket": s3.place.bucket, "Key": key, "UploadId": upload_id, "MultipartUpload": joined}
    if s3.profile.conditional_complete:
        asked["IfNoneMatch"] = "*"
    if not wanted:
        raise WrongBytes("there are no parts", key)
    try:
        with speaking(key):
            s3.boto.client.complete_multipart_upload(**asked)
        stored = s3.stat(key)
    except (ObjectExists, ObjectMissing):
        # An attempt whose answer was lost may have done it; then another one finds no upload, or finds the object.
        stored = s3.stat(key)
        if stored.etag != _etag_of(wanted):
            raise
    said = sum(part.size_bytes for part in wanted)
    if all(part.size_bytes for part in wanted) and stored.size_bytes != said:
        s3.delete([key])
        raise WrongBytes(f"{stored.size_bytes} bytes were stored, {said} were sent", key)
    return stored


def _etag_of(wanted: Sequence[Part]) -> str:
    """Return the etag Amazon gives a joined object, and most others: the MD5 of its parts' MD5s."""
    if not all(re.fullmatch(r"[0-9a-f]{32}", part.etag) for part in wanted):
        return ""
    md5 = hashlib.md5(b"".join(bytes.fromhex(part.etag) for part in wanted), usedforsecurity=False)
    return f"{md5.hexdigest()}-{len(wanted)}"


def abort(s3: "S3", key: str, upload_id: str) -> None:
    """Forget an upload."""
    with suppress(ObjectMissing), speaking(key):
        s3.boto.client.abort_multipart_upload(Bucket=s3.place.bucket, Key=key, UploadId=upload_id)


def unfinished(s3: "S3", prefix: str) -> Iterator[Unfinished]:
    """Yield the uploads in the making; rclone's server says "missing" when there never was one."""
    with suppress(ObjectMissing), speaking(prefix):
        pages: Iterable[Any] = s3.boto.client.get_paginator("list_multipart_uploads").paginate(  # Any: the SDK's
            Bucket=s3.place.bucket, Prefix=prefix
        )
        for page in pages:
            for one in page.get("Uploads", []):
                yield Unfinished(one["Key"], one["UploadId"], one.get("Initiated"))
