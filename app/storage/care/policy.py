"""The least a key needs at each provider, as text to paste; the doctor shows what it may do beyond."""

import json
from typing import Any

from app.core.setting import current_settings
from app.storage.states import ProviderName
from config import Settings

OBJECTS = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"]
BUCKET = [
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:GetLifecycleConfiguration",
    "s3:PutLifecycleConfiguration",
]
BUCKET += ["s3:GetBucketVersioning"]


def policy_of(name: str) -> str:
    """Return what the key of a provider must be allowed, in that provider's own words.

    Raises:
        ValueError: There is no provider of that name.
    """
    settings = current_settings()
    match ProviderName(name):
        case ProviderName.S3:
            return as_text(iam_policy(settings.aws_s3_bucket or "BUCKET"))
        case ProviderName.R2:
            bucket = settings.cloudflare_r2_bucket or "BUCKET"
            return (
                f"R2 has tokens, no policies. Make one in the dashboard: R2, Manage API tokens, permission "
                f'"Object Read & Write", for the bucket {bucket} alone.'
            )
        case ProviderName.AZURE:
            container = settings.azure_storage_container or "CONTAINER"
            return (
                f'Azure: the role "Storage Blob Data Contributor" for the container {container} alone, not for the '
                "account; or a connection string with a shared access signature of racwdl for that container."
            )
    return f"{settings.upload_dir.resolve()} must belong to the account this runs as, mode 0750; nobody else needs it."


def iam_policy(bucket: str) -> dict[str, Any]:
    """Return an IAM policy for one bucket."""
    where = f"arn:aws:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Objects", "Effect": "Allow", "Action": OBJECTS, "Resource": f"{where}/*"},
            {"Sid": "Bucket", "Effect": "Allow", "Action": BUCKET, "Resource": where},
        ],
    }


def cors_of(name: str) -> str:
    """Return the rule that lets browsers on our pages send files to a bucket; "" where none is needed."""
    if name not in {ProviderName.S3, ProviderName.R2}:
        return ""
    return as_text(cors_rules(current_settings()))


def cors_rules(settings: Settings) -> dict[str, Any]:
    """Return the rule, for our own origin alone."""
    return {
        "CORSRules": [
            {
                "AllowedOrigins": [settings.base_url], "AllowedMethods": ["PUT"],
                "AllowedHeaders": ["content-type", "if-none-match", "x-amz-checksum-sha256"],
                "ExposeHeaders": ["ETag", "x-amz-checksum-sha256"], "MaxAgeSeconds": 3600,
            }
        ]
    }  # fmt: skip


def as_text(value: dict[str, Any]) -> str:
    """Return JSON as people paste it."""
    return json.dumps(value, indent=2)
