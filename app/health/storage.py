"""Can uploads be kept: a folder that can be written, or a bucket that answers."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config import Settings

TIMEOUT_S = 1.0
FREE_BYTES = 50_000_000  # room for an upload and the logs of a day
_written_to: list[Callable[[], str]] = []  # who knows where new files go, once a feature has said so


def tell_provider(function: Callable[[], str]) -> None:
    """Register who knows where new files go now; the settings only say where they went first."""
    _written_to[:] = [function]


def provider_name(settings: Settings) -> str:
    """Return where new files go."""
    return _written_to[0]() if _written_to else settings.storage_provider


def probe_storage(settings: Settings) -> tuple[bool, str]:
    """Return whether the chosen provider works, and what was found."""
    if settings.storage_provider == "s3":
        return probe_bucket(settings)
    return probe_folder(settings.upload_dir)


def probe_folder(folder: Path) -> tuple[bool, str]:
    """Say whether a folder is there, or can be made, and written."""
    nearest = folder if folder.exists() else next((one for one in folder.absolute().parents if one.exists()), Path("/"))
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        return False, "the upload folder cannot be written; set UPLOAD_DIR"
    free = os.statvfs(nearest)
    if free.f_bavail * free.f_frsize < FREE_BYTES:
        return False, "the disk of the upload folder is full"
    return True, "can be written"


def probe_bucket(settings: Settings) -> tuple[bool, str]:
    """Say whether the bucket answers, within two seconds and without a retry."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        bucket_client(settings).head_bucket(Bucket=settings.aws_s3_bucket)
    except ClientError as error:
        return False, f"the bucket refuses us ({error.response.get('Error', {}).get('Code', 'unknown')})"
    except BotoCoreError as error:
        return False, f"the bucket does not answer ({type(error).__name__})"
    return True, "the bucket answers"


def bucket_client(settings: Settings) -> Any:  # boto3 makes its classes at run time
    """Return an S3 client with our deadlines."""
    import boto3
    from botocore.config import Config

    key, secret = settings.aws_access_key_id, settings.aws_secret_access_key
    return boto3.client(
        "s3",
        region_name=settings.aws_region,
        endpoint_url=settings.s3_endpoint or None,
        aws_access_key_id=key.get_secret_value() if key else None,
        aws_secret_access_key=secret.get_secret_value() if secret else None,
        config=Config(connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S, retries={"total_max_attempts": 1}),
    )
