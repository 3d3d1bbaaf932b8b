"""How providers differ, as data. Facts with their sources: docs/decisions/storage.md."""

from dataclasses import dataclass
from typing import Literal

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of provider does and does not do.

    Attributes:
        kind: Which adapter speaks to it.
        checksums: `sha256` is sent and checked by the provider; `none` means we compare after the fact.
        binds_put: A signed PUT is held to length, type, digest and no-overwrite by the provider.
        conditional_put: `If-None-Match: *` is obeyed.
        etag_is_md5: For single puts; of no use as a digest, but tells whether an object changed.
        equal_parts: All parts but the last must be of one size.
        part_bytes, most_parts: What a multipart upload is cut into, and into how many at most.
        most_put_bytes: Largest single put.
    """

    name: str
    kind: Literal["local", "s3", "azure"]
    path_style: bool = True
    region: str = ""
    checksums: Literal["sha256", "none"] = "sha256"
    binds_put: bool = True
    conditional_put: bool = True
    conditional_complete: bool = True
    presigned_post: bool = False
    etag_is_md5: bool = True
    equal_parts: bool = False
    bulk_delete: bool = True
    lifecycle: bool = True
    versioning: bool = True
    part_bytes: int = 8 * MIB
    most_parts: int = 10_000
    most_put_bytes: int = 5 << 30


PROFILES: dict[str, Profile] = {
    one.name: one
    for one in (
        Profile("local", "local", lifecycle=False, versioning=False, etag_is_md5=False, most_put_bytes=1 << 50),
        Profile("aws", "s3", path_style=False, presigned_post=True),
        Profile("r2", "s3", region="auto", equal_parts=True, versioning=False, conditional_complete=False),
        Profile("minio", "s3", presigned_post=True),
        Profile("seaweedfs", "s3", presigned_post=True),
        Profile("garage", "s3", region="garage", versioning=False, presigned_post=True),
        Profile("b2", "s3", checksums="none", binds_put=False, conditional_put=False, conditional_complete=False),
        Profile("gcs-interop", "s3", checksums="none", binds_put=False, conditional_put=False, bulk_delete=False),
        Profile("s3-compatible", "s3", checksums="none", binds_put=False, conditional_put=False, conditional_complete=False),
        Profile("azure", "azure", checksums="none", binds_put=False, versioning=False, etag_is_md5=False, most_put_bytes=5000 * MIB),
    )
}  # fmt: skip
