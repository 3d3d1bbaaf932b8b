"""What S3 and those who speak like it answer when something is wrong, in the words of the protocol."""

import re
from collections.abc import Mapping
from typing import Any

import urllib3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from app.storage.adapters.protocol import (
    NotOffered,
    ObjectExists,
    ObjectMissing,
    ProviderAway,
    ProviderRefused,
    StorageError,
    StorageFull,
    WrongBytes,
)

CODE, MESSAGE = re.compile(r"<Code>([^<]{1,100})</Code>"), re.compile(r"<Message>([^<]{1,300})</Message>")
MISSING = {"NoSuchKey", "NoSuchUpload", "NotFound", "404"}
EXISTS = {"PreconditionFailed", "412", "ConditionalRequestConflict"}
WRONG = {
    "BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "IncompleteBody",
    "EntityTooSmall", "EntityTooLarge", "InvalidPart", "InvalidPartOrder", "InvalidChecksum",
}  # fmt: skip
FULL = {"QuotaExceeded", "XMinioStorageFull", "InsufficientStorage", "507", "EntityTooManyObjects"}
AWAY = {
    "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "RequestTimeoutException", "Throttling",
    "ThrottlingException", "RequestLimitExceeded", "TooManyRequests", "TooManyRequestsException", "OperationAborted",
    "BandwidthLimitExceeded", "XMinioServerNotInitialized",
}  # fmt: skip
CLOCK = {"RequestTimeTooSkewed", "RequestExpired", "ExpiredToken"}
BEYOND_END, TOO_MANY, SERVER_ERROR, NOT_IMPLEMENTED = 416, 429, 500, 501
AWAY_STATUSES = {408, TOO_MANY}


class BeyondEnd(ProviderRefused):
    """The range asked for begins at or after the object's end."""


def of_answer(status: int, body: bytes, headers: Mapping[str, str], key: str) -> StorageError:
    """Return what an answer of HTTP means."""
    text = body[:4096].decode("utf-8", "replace")
    code, message = CODE.search(text), MESSAGE.search(text)
    retry_after = headers.get("retry-after", "")
    return of_code(
        code[1] if code else str(status),
        message[1] if message else "",
        status,
        key,
        float(retry_after) if retry_after.isdecimal() else None,
    )


def of_code(code: str, message: str, status: int, key: str, retry_after_s: float | None = None) -> StorageError:
    """Return what a code and a status mean; the code decides, for servers disagree about statuses."""
    text = f"{code}: {message}" if message else code
    if code in AWAY or status in AWAY_STATUSES:
        away = ProviderAway(text, key)
        away.retry_after_s = retry_after_s
        return away
    if code == "InvalidRange" or status == BEYOND_END:
        return BeyondEnd(text, key)
    if code == "NotImplemented" or status == NOT_IMPLEMENTED:
        return NotOffered(text, key)
    if code in FULL:
        return StorageFull(text, key)
    if code in WRONG:
        return WrongBytes(text, key)
    if code in EXISTS:
        return ObjectExists(text, key)
    if code in MISSING:
        return ObjectMissing(text, key)
    if code in CLOCK:
        return ProviderRefused(f"{text} (look at the clocks and at the age of the credentials)", key)
    return ProviderAway(text, key) if status >= SERVER_ERROR else ProviderRefused(text, key)


def of_boto(error: BotoCoreError | ClientError, key: str) -> StorageError:
    """Return what an exception of boto3 means."""
    if isinstance(error, ClientError):
        answer: Mapping[str, Any] = error.response  # Any: whatever the service said
        said = answer.get("Error", {})
        about = answer.get("ResponseMetadata", {})
        retry_after = str(about.get("HTTPHeaders", {}).get("retry-after", ""))
        return of_code(
            str(said.get("Code", "")), str(said.get("Message", "")), int(about.get("HTTPStatusCode", 0)), key,
            float(retry_after) if retry_after.isdecimal() else None,
        )  # fmt: skip
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return ProviderRefused("there are no credentials", key)
    if isinstance(error, BotoConnectionError | HTTPClientError):
        return ProviderAway(type(error).__name__, key)
    return ProviderRefused(f"{type(error).__name__}: {error}", key)


def of_connection(error: Exception, key: str) -> StorageError:
    """Return what an exception of urllib3 means: names that cannot be looked up, refused connections, silence."""
    name = type(error).__name__
    if isinstance(error, urllib3.exceptions.SSLError):
        return ProviderRefused(f"the certificate is not good: {name}", key)
    return ProviderAway(name, key)
