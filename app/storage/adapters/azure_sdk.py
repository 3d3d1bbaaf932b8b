"""Azure's SDK: loaded when a provider needs it, and what its exceptions mean."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from app.storage.adapters.bodies import PIECE_BYTES
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

EXTRA = "Azure needs its SDK: pip install -r requirements-azure.txt"
NAMES = ("BlobBlock", "BlobSasPermissions", "ContainerClient", "ContentSettings", "generate_blob_sas")
MISSING = {"BlobNotFound", "ResourceNotFound"}
EXISTS = {"BlobAlreadyExists", "ConditionNotMet", "TargetConditionNotMet", "UnauthorizedBlobOverwrite"}
WRONG = {"Md5Mismatch", "Crc64Mismatch", "InvalidBlockList", "InvalidBlobOrBlock", "InvalidMd5", "RequestBodyTooLarge"}
FULL = {"AccountLimitExceeded", "BlockCountExceedsLimit"}
AWAY_STATUSES = {408, 429}
NOT_FOUND, SERVER_ERROR = 404, 500


def load() -> Any:  # Any: names of a package that may not be there
    """Return what we use of the SDK.

    Raises:
        NotOffered: It is not installed.
    """
    try:
        blob, core = importlib.import_module("azure.storage.blob"), importlib.import_module("azure.core")
    except ImportError as error:
        raise NotOffered(EXTRA) from error
    return SimpleNamespace(MatchConditions=core.MatchConditions, **{name: getattr(blob, name) for name in NAMES})


@contextmanager
def speaking(key: str) -> Iterator[None]:
    """Say in the words of the protocol what the SDK raises."""
    try:
        yield
    except StorageError:
        raise
    except Exception as error:
        meant = _meaning(error, key)
        if meant is None:
            raise
        raise meant from error


def _meaning(error: Exception, key: str) -> StorageError | None:
    errors = importlib.import_module("azure.core.exceptions")
    if isinstance(error, errors.HttpResponseError) and error.response is not None:
        code = getattr(error.error_code, "value", error.error_code) if hasattr(error, "error_code") else ""
        return _of_code(str(code or error.status_code), int(error.status_code or 0), error.response.headers, key)
    if isinstance(error, errors.AzureError):
        return ProviderAway(type(error).__name__, key)
    return None


def _of_code(code: str, status: int, headers: Any, key: str) -> StorageError:  # Any: the SDK's headers
    if status in AWAY_STATUSES or status >= SERVER_ERROR:
        away = ProviderAway(code, key)
        asked = str(headers.get("Retry-After", ""))
        away.retry_after_s = float(asked) if asked.isdecimal() else None
        return away
    if code in EXISTS:
        return ObjectExists(code, key)
    if code in MISSING or (status == NOT_FOUND and code == str(NOT_FOUND)):
        return ObjectMissing(code, key)
    if code in WRONG:
        return WrongBytes(code, key)
    return StorageFull(code, key) if code in FULL else ProviderRefused(code, key)


def read_chunks(chunks: Iterator[bytes], key: str) -> Iterator[bytes]:
    """Yield what the SDK downloads in pieces of our size."""
    with speaking(key):
        for chunk in chunks:
            view = memoryview(chunk)
            for at in range(0, len(view), PIECE_BYTES):
                yield bytes(view[at : at + PIECE_BYTES])
