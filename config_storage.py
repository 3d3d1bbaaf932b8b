"""Settings of stored files: where bytes go, how they are fetched, and how long things are kept."""

from typing import Literal

from pydantic import BaseModel, Field, SecretStr

Provider = Literal["local", "s3", "cloudflare-r2", "azure-blob"]


class StorageSettings(BaseModel):
    """Where files are. A provider is there once its settings are; `STORAGE_PROVIDER` says which one new files go to."""

    storage_provider: Provider = Field("local", description="Where new files go.")
    storage_fallback: bool = Field(
        default=False, description="While the provider is away, new files are kept on disk and follow later."
    )
    aws_region: str = "us-east-1"
    aws_access_key_id: SecretStr | None = None
    aws_secret_access_key: SecretStr | None = None
    aws_s3_bucket: str = ""
    s3_endpoint: str = Field("", description="https://host:port of what speaks S3; empty for Amazon's own.")
    s3_profile: Literal["", "aws", "minio", "seaweedfs", "garage", "b2", "gcs-interop"] = Field(
        "", description="Which one speaks S3 there; empty for aws without S3_ENDPOINT, else what any of them can."
    )
    s3_public_endpoint: str = Field("", description="How a browser reaches S3_ENDPOINT, when it is another address.")
    cloudflare_account_id: str = ""
    cloudflare_r2_access_key_id: SecretStr | None = None
    cloudflare_r2_secret_access_key: SecretStr | None = None
    cloudflare_r2_bucket: str = ""
    cloudflare_r2_endpoint: str = Field("", description="Other than https://ACCOUNT.r2.cloudflarestorage.com.")
    azure_storage_connection_string: SecretStr | None = None
    azure_storage_container: str = ""
    cdn_base_url: str = Field("", description="What stands before the key of a public file: https://cdn.example.com.")
    storage_direct_uploads: bool = Field(
        default=True, description="Browsers send files to the bucket itself, when the provider can bind what is sent."
    )
    storage_accel: str = Field(
        "", description="nginx's internal location of UPLOAD_DIR: /accel/; empty and we send local files ourselves."
    )
    signed_url_s: int = Field(3600, ge=1, le=604_800, description="How long a signed address is good.")
    pending_hours: int = Field(24, ge=1, le=168, description="An upload nobody finished is taken away after so long.")
    temp_hours: int = Field(24, ge=1, le=720, description="Files in temp are trashed after so long.")
    trash_days: int = Field(30, ge=0, le=3650, description="Trashed files can be restored so long.")
    clamd_address: str = Field(
        "", description="tcp://host:3310 or unix:///run/clamd.sock; empty and nothing is scanned."
    )
    scan_must_answer: bool = Field(
        default=True, description="While the scanner is away files wait; false lets them through, marked as unscanned."
    )
    scrub_percent: float = Field(1.0, ge=0, le=100, description="Share of files whose digest is read again each night.")

    def missing_of(self, provider: Provider) -> str:
        """Return the settings a provider still needs, as people write them; empty when it has all."""
        needed: dict[str, dict[str, object]] = {
            "local": {},
            "s3": {"AWS_S3_BUCKET": self.aws_s3_bucket},
            "cloudflare-r2": {
                "CLOUDFLARE_ACCOUNT_ID": self.cloudflare_account_id or self.cloudflare_r2_endpoint,
                "CLOUDFLARE_R2_ACCESS_KEY_ID": self.cloudflare_r2_access_key_id,
                "CLOUDFLARE_R2_SECRET_ACCESS_KEY": self.cloudflare_r2_secret_access_key,
                "CLOUDFLARE_R2_BUCKET": self.cloudflare_r2_bucket,
            },
            "azure-blob": {
                "AZURE_STORAGE_CONNECTION_STRING": self.azure_storage_connection_string,
                "AZURE_STORAGE_CONTAINER": self.azure_storage_container,
            },
        }
        return ", ".join(name for name, value in needed[provider].items() if not value)
