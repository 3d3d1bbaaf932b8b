"""A rule at the provider itself that takes unfinished uploads back, and the leftovers of probes.

Nothing that has a row is ever removed by a rule: a rule knows nothing of legal holds.
"""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from app.core.db import transaction
from app.core.errors import Problem
from app.core.outbox import record
from app.storage import providers
from app.storage.adapters.s3 import S3
from app.storage.care.events import LifecycleInstalled
from app.storage.keys import PROBES

RULE, PROBE_RULE = "quarterdeck-unfinished-uploads", "quarterdeck-probes"
DAYS = 7
ABSENT = {"NoSuchLifecycleConfiguration", "404", "NoSuchLifecycle"}


class LifecycleNotOffered(Problem, code="lifecycle-not-offered", status=409):
    """This provider takes no lifecycle rules: {reason}. The nightly clean-up does the same."""

    reason: str


def has_rule(bucket: S3) -> bool | None:
    """Say whether our rule is there; None when the provider knows no rules or does not let us look."""
    rules = read_rules(bucket)
    return None if rules is None else any(one.get("ID") == RULE and one.get("Status") == "Enabled" for one in rules)


def read_rules(bucket: S3) -> list[dict[str, Any]] | None:  # Any: as S3 writes them
    """Return the rules there are; None as above."""
    try:
        found = bucket.boto.client.get_bucket_lifecycle_configuration(Bucket=bucket.place.bucket)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        return [] if code in ABSENT else None
    except BotoCoreError:
        return None
    return list(found.get("Rules", []))


def install(name: str) -> None:
    """Add our rules beside those that are there.

    Raises:
        LifecycleNotOffered: It does not take them.
    """
    bucket = getattr(providers.provider(name), "provider", None)
    if not isinstance(bucket, S3):
        raise LifecycleNotOffered(reason="it is no bucket of S3")
    rules = read_rules(bucket)
    if rules is None:
        raise LifecycleNotOffered(reason="it does not tell its rules")
    ours = [
        {
            "ID": RULE, "Status": "Enabled", "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": DAYS},
        },
        {"ID": PROBE_RULE, "Status": "Enabled", "Filter": {"Prefix": PROBES}, "Expiration": {"Days": 1}},
    ]  # fmt: skip
    others = [one for one in rules if one.get("ID") not in {RULE, PROBE_RULE}]
    try:
        bucket.boto.client.put_bucket_lifecycle_configuration(
            Bucket=bucket.place.bucket, LifecycleConfiguration={"Rules": others + ours}
        )
    except (ClientError, BotoCoreError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", type(error).__name__)
        raise LifecycleNotOffered(reason=str(code)) from None
    with transaction():
        record(LifecycleInstalled(provider=name, days=DAYS))
