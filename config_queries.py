"""Settings of what is known of statements: when one is slow, how it is watched, how long that is kept."""

from pydantic import BaseModel, Field, SecretStr, field_validator

from config_checks import database_address


class QuerySettings(BaseModel):
    """How statements are watched, how they are explained, and how far a replica may be behind."""

    query_slow_ms: int = Field(1000, ge=1, description="A statement that takes so long is slow.")
    query_watch_ms: int = Field(100, ge=1, description="A statement that takes so long is worth a look.")
    query_sample_rate: int = Field(1000, ge=1, description="One call in so many is kept as an example.")
    query_flush_s: float = Field(5.0, ge=0.1, le=60, description="How often a process tells what it measured.")
    query_keep_days: int = Field(8, ge=1, le=90, description="Days of figures by the minute and of examples.")
    explain_timeout_ms: int = Field(5000, ge=100, le=60_000, description="Planning or trying a statement ends then.")
    database_replica_urls: SecretStr = Field(
        SecretStr(""), description="Comma-separated: postgresql://host:port of streaming replicas; logins as here."
    )
    replica_lag_s: float = Field(5.0, gt=0, le=600, description="A replica that is further behind is not asked.")

    @field_validator("database_replica_urls")
    @classmethod
    def refuse_other_addresses(cls, value: SecretStr) -> SecretStr:
        """Refuse at the start what would only fail when somebody reads."""
        listed = [one.strip() for one in value.get_secret_value().split(",") if one.strip()]
        if any(not one.startswith(("postgresql://", "postgres://", "postgresql+psycopg://")) for one in listed):
            raise ValueError("must be addresses of replicas: postgresql://replica1:5432,postgresql://replica2:5432")
        for one in listed:
            database_address(one)
        return value
