"""Probes of the place itself: its clock, its rules, and what our key may do that it need not."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from botocore.exceptions import BotoCoreError, ClientError

from app.core import clock
from app.core.setting import current_settings
from app.storage.care.bench import Bench
from app.storage.care.lifecycle import has_rule
from app.storage.care.probe import Bad, Skip, Warn, probe
from app.storage.care.probes_signed import signed_get

MOST_SKEW_S, SMALL_SKEW_S = 600, 60  # S3 refuses at 900
# What a key of ours may not need: the name, and the harmless read that tells whether it may.
RIGHTS: dict[str, Callable[[Any, str], object]] = {  # Any: boto3 makes its classes at run time
    "s3:ListAllMyBuckets": lambda client, _bucket: client.list_buckets(MaxBuckets=1),
    "s3:GetBucketPolicy": lambda client, bucket: client.get_bucket_policy(Bucket=bucket),
    "s3:GetBucketAcl": lambda client, bucket: client.get_bucket_acl(Bucket=bucket),
    "s3:GetReplicationConfiguration": lambda client, bucket: client.get_bucket_replication(Bucket=bucket),
    "s3:GetBucketLogging": lambda client, bucket: client.get_bucket_logging(Bucket=bucket),
}
REFUSED = {"AccessDenied", "403", "Forbidden", "UnauthorizedAccess"}
UNKNOWN = {"NotImplemented", "501", "MethodNotAllowed", "405", "InternalError", "InvalidRequest", "NotSupported"}


@probe("clock", "Its clock and ours agree; a signature is refused otherwise")
def compare_clocks(bench: Bench) -> str:
    """The Date header."""
    reply = bench.send("GET", signed_get(bench))
    said = reply.headers.get("Date")
    if bench.provider.profile.kind == "local" or not said:
        raise Skip("it is our own clock" if bench.provider.profile.kind == "local" else "it says no time")
    skew_s = (clock.now() - parsedate_to_datetime(said)).total_seconds()
    if abs(skew_s) > MOST_SKEW_S:
        raise Bad(f"Ours is {skew_s:+.0f} s off; at 15 minutes every request is refused. Set this machine's clock")
    if abs(skew_s) > SMALL_SKEW_S:
        raise Warn(f"Ours is {skew_s:+.0f} s off. Set this machine's clock")
    return f"{skew_s:+.0f} s"


@probe("anonymous-list", "Without a key nobody sees what is there")
def list_unsigned(bench: Bench) -> str:
    """A public list gives every key away."""
    if bench.s3 is None:
        raise Skip("there is no address that lists")
    bucket = bench.s3.http.bucket
    reply = bench.send("GET", f"{bucket.scheme}://{bucket.host}{bucket.path or '/'}?list-type=2&max-keys=1")
    if reply.is_good and b"ListBucketResult" in reply.body:
        raise Bad("Anybody can list the bucket")
    return f"refused, {reply.status}"


@probe("public-url", "The address of public files does not give private ones")
def fetch_public(bench: Bench) -> str:
    """The CDN in front of the bucket reads with a right of its own."""
    url = bench.provider.public_url(bench.key("first"))
    if not url or bench.provider.profile.kind == "local":
        raise Skip("there is no CDN_BASE_URL" if not url else "served by us, which looks at the record")
    reply = bench.send("GET", urlunsplit(urlsplit(url)))
    if reply.is_good:
        raise Warn("Whoever knows a key reads any file through CDN_BASE_URL; keys are 130 random bits")
    return f"refused, {reply.status}"


@probe("lifecycle", "Unfinished uploads are cleaned up by the provider, too", "lifecycle")
def look_for_rule(bench: Bench) -> str:
    """A rule survives our being away."""
    if bench.s3 is None:
        raise Skip("the nightly clean-up takes them back")
    found = has_rule(bench.s3)
    if found is None:
        raise Bad("It knows no lifecycle rules; the nightly clean-up takes unfinished uploads back")
    if not found:
        raise Warn("There is no rule. Install it on the page of providers; the nightly clean-up works without it")
    return "there is a rule"


@probe("versions", "Deleting frees the room", "versioning")
def look_for_versions(bench: Bench) -> str:
    """With versions on, what is deleted is kept and paid for."""
    if bench.s3 is None:
        raise Skip("there are no versions")
    try:
        state = bench.s3.boto.client.get_bucket_versioning(Bucket=bench.s3.place.bucket).get("Status", "")
    except (ClientError, BotoCoreError) as error:
        raise Skip(f"it does not say: {code_of(error)}") from None
    if state == "Enabled":
        raise Warn(
            "The bucket keeps old versions: what is deleted is still paid for, and erasing a company leaves them"
        )
    return "old versions are not kept"


@probe("rights", "Our key may do no more than it must")
def look_at_rights(bench: Bench) -> str:
    """Asked with reads that change nothing."""
    if bench.s3 is None:
        raise Skip("there are no keys")
    client, bucket = bench.s3.boto.client, bench.s3.place.bucket
    more = [right for right, ask in RIGHTS.items() if may(lambda ask=ask: ask(client, bucket))]  # type: ignore[misc]  # bound now
    if more:
        raise Warn(f"It may also {', '.join(more)}. flask storage policy prints what it needs")
    return f"none of {len(RIGHTS)} rights that are not needed"


@probe("direct", "Browsers send files straight to it")
def may_go_direct(bench: Bench) -> str:
    """What follows of all the above."""
    if not current_settings().storage_direct_uploads:
        raise Skip("STORAGE_DIRECT_UPLOADS is off")
    if not bench.provider.profile.binds_put:
        raise Warn("Its profile does not bind uploads, so files go through us")
    return "uploads are bound to length, type and digest"


def may(ask: Callable[[], object]) -> bool:
    """Say whether a read is allowed; what is not there was allowed to be looked for."""
    try:
        ask()
    except ClientError as error:
        code = code_of(error)
        return code not in REFUSED | UNKNOWN and "Access" not in code
    except BotoCoreError:
        return False
    return True


def code_of(error: Exception) -> str:
    """Return S3's own word for a mistake."""
    found = getattr(error, "response", {}).get("Error", {}).get("Code", "")
    return str(found or type(error).__name__)
