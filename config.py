"""Every setting: its unit, its default, and why it has that default.

Values come from the environment; a name ending in `_FILE` names a file that holds the value instead
(for secrets). `settings()` reads them once per process.
"""

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import quote

import click
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from config_cache import CacheSettings
from config_checks import DEV_SECRET, database_address, find_mistakes, redis_address
from config_names import find_contested, find_misnamed, find_unsafe
from config_queries import QuerySettings
from config_queues import MANY_DAYS, WorkSettings
from config_storage import StorageSettings

LOOPBACK = ["localhost", "127.0.0.1", "[::1]"]


class BadSettings(click.ClickException):
    """What this installation is told cannot be meant; the message says what to set."""

    exit_code = 3  # gunicorn's "worker failed to boot": it stops instead of trying for ever


class SecretFiles(PydanticBaseSettingsSource):
    """Reads `<NAME>_FILE` from the environment, as Docker and Kubernetes mount secrets."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the content of the file named for this field, when there is one."""
        name = f"{field_name.upper()}_FILE"
        path = os.environ.get(name)
        try:
            return (Path(path).read_text().strip() if path else None), field_name, False
        except OSError as error:
            raise BadSettings(
                f"{name}: {path} cannot be read ({error.strerror}); name a file that holds the value"
            ) from None

    def __call__(self) -> dict[str, Any]:
        """Return every value that a file holds."""
        found = {name: self.get_field_value(info, name)[0] for name, info in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


class Settings(WorkSettings, StorageSettings, CacheSettings, QuerySettings, BaseSettings):
    """Settings of one process. Names are those of the environment, in lower case."""

    model_config = SettingsConfigDict(
        extra="ignore", hide_input_in_errors=True, frozen=True, env_ignore_empty=True, populate_by_name=True
    )

    environment: Literal["development", "test", "staging", "production"] = Field(
        "development", validation_alias="QUARTERDECK_ENV", description="Which rules apply; shown on every page."
    )
    quarterdeck_home: Path = Field(Path("var"), description="Embedded databases, uploads, logs, credentials.")
    port: int = Field(3000, ge=1, le=65535)
    release: str = Field("development", description="Shown in the rail, in logs and in /health/ready.")
    git_sha: str = Field("", description="Commit of this build, when the build knows it.")
    public_url: str = Field(
        "", description="How a browser reaches us, for links in mail; default http://127.0.0.1:PORT."
    )

    database_url: SecretStr = Field(..., description="Login of the app role: no BYPASSRLS, not the owner.")
    database_owner_url: SecretStr | None = Field(None, description="Migrates; never used by a web process.")
    database_system_url: SecretStr | None = Field(None, description="Relay and collector.")
    database_platform_url: SecretStr | None = Field(None, description="Reads across companies, for platform admins.")
    database_monitor_url: SecretStr | None = None
    database_backup_url: SecretStr | None = None
    database_explain_url: SecretStr | None = Field(None, description="Plans statements: reads, held by the policies.")
    db_max_connections: int = Field(10, ge=1, le=200, description="Per process and role.")
    db_min_connections: int = Field(2, ge=0, description="Stay open however idle they are, once they were needed.")
    db_connection_timeout: int = Field(30_000, ge=100, description="ms; a web request waits 2 s at most.")
    db_idle_timeout: int = Field(300_000, ge=1000, description="ms after which an idle one beyond those is closed.")
    db_max_lifetime: int = Field(1_800_000, ge=1000, description="ms after which a connection is made anew.")
    db_silence_ms: int = Field(2200, ge=500, le=60_000, description="How long it may be silent inside a request.")

    redis_url: SecretStr = Field(
        SecretStr(""), description="redis://…; else made of REDIS_HOST, _PORT, _PASSWORD, _DB."
    )
    redis_host: str = "127.0.0.1"
    redis_port: int = Field(6379, ge=1, le=65535)
    redis_password: SecretStr | None = None
    redis_db: int = Field(0, ge=0)
    redis_budget_ms: int = Field(100, ge=5, le=5000, description="Longest wait for Redis inside a request.")

    session_secret: SecretStr = Field(SecretStr(DEV_SECRET), description="Signs tickets, cursors and form tokens.")
    session_secret_previous: SecretStr | None = Field(
        None, description="The one before: what it signed or sealed is still taken while the new one settles in."
    )
    session_days: int = Field(30, ge=1, le=365, description="Absolute lifetime of a session.")
    session_idle_days: int = Field(7, ge=1, le=90)
    admin_idle_hours: int = Field(12, ge=1, le=168, description="Idle timeout of platform admins.")
    legacy_session_table: str = Field(
        "",
        pattern=r"^([a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?)?$",
        description="A plain Flask-Session SQL table to move in.",
    )
    legacy_session_cookie: str = Field("session", description="The cookie name of those sessions.")
    secure_cookies: bool = Field(default=False, description="Cookie __Host-qd, Secure; on in production.")

    trusted_hosts: str = Field("", description="Comma-separated host names we answer to; empty allows loopback only.")
    proxy_hops: int = Field(0, ge=0, le=5, description="How many proxies in front of us add X-Forwarded-*.")
    max_body_bytes: int = Field(2_000_000, ge=10_000, description="Largest JSON or form body; uploads have their own.")
    max_upload_bytes: int = Field(200_000_000, ge=10_000)

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_dir: Path | None = Field(None, description="When set, dated JSON files beside stdout.")
    log_keep_days: int = Field(14, ge=1, le=MANY_DAYS)

    upload_dir: Path = Path("uploads")
    smtp_url: SecretStr | None = Field(None, description="smtp://user:password@host:port; none writes mail to files.")
    mail_from: str = "Quarterdeck <quarterdeck@localhost>"
    pg_dump: str = Field("", description="Path of pg_dump, pg_restore beside it; none takes the wheel's.")

    reorder_lead_days: int = Field(14, ge=1, le=365, description="Days new stock takes; reorder points follow from it.")
    ai_base_url: str = Field("", description="Where a model writes texts: https://api.openai.com/v1; empty for none.")
    ai_api_key: SecretStr | None = None
    ai_model: str = ""
    feed_hosts: str = Field(
        "",
        description="Comma-separated hosts (host or host:port) that feeds may ask over http or at a private address.",
    )
    max_document_bytes: int = Field(20_000_000, ge=10_000, description="Largest photo or PDF of an order form.")

    flags_environment: str = Field(
        "production", description="Which environment's flags this installation answers from."
    )
    flag_environments: str = Field(
        "production,staging,development", description="Comma-separated: the environments a flag can be set in."
    )
    ofrep_origins: str = Field(
        "", description="Comma-separated origins whose pages may evaluate flags by token: https://shop.example.com."
    )
    event_keep_days: int = Field(
        90, ge=1, le=MANY_DAYS, description="Daily partitions of the event log older than this are dropped."
    )
    socket_limit: int = Field(1500, ge=1, description="Sockets of one worker; HTTP keeps the rest.")
    worker_connections: int = Field(2500, ge=10, le=65_535, description="gunicorn's; counts sockets and HTTP together.")
    web_workers: int = Field(2, ge=1, le=64, description="Divides the in-memory limits when Redis is away.")
    demo_password: SecretStr | None = None
    metrics_token: SecretStr | None = Field(
        None, description="Bearer token of /metrics; none allows this machine only."
    )
    default_timezone: str = "Europe/London"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Explicit values first, then the environment, then secret files."""
        return init_settings, env_settings, SecretFiles(settings_cls)

    @field_validator(
        "database_url", "database_owner_url", "database_system_url", "database_platform_url", "database_monitor_url",
        "database_backup_url", "database_explain_url", mode="before",
    )  # fmt: skip
    @classmethod
    def use_psycopg(cls, value: Any) -> Any:
        """Accept the forms every host hands out, and what libpq reads; name the driver SQLAlchemy needs."""
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        if not isinstance(value, str):
            return value
        if value == "":
            return None
        return database_address(value)

    @field_validator("redis_url")
    @classmethod
    def use_redis(cls, value: SecretStr) -> SecretStr:
        """Refuse what redis-py would only refuse when it is made, or at the first command."""
        if address := value.get_secret_value():
            if not address.startswith(("redis://", "rediss://", "unix://")):
                raise ValueError("must begin with redis://, rediss:// or unix://")
            redis_address(address)
        return value

    @model_validator(mode="after")
    def make_redis_url(self) -> Self:
        """Accept the four single settings instead of an address."""
        if not self.redis_url.get_secret_value():
            password = quote(self.redis_password.get_secret_value(), safe="") if self.redis_password else ""
            login = f":{password}@" if password else ""
            address = f"redis://{login}{self.redis_host}:{self.redis_port}/{self.redis_db}"
            object.__setattr__(self, "redis_url", SecretStr(address))
        return self

    @model_validator(mode="after")
    def refuse_mistakes(self) -> Self:
        """Refuse what cannot be meant; all of it is told at once."""
        if mistakes := list(find_mistakes(self)):
            raise ValueError("\n".join(mistakes))
        return self

    @property
    def environments_of_flags(self) -> list[str]:
        """The environments a flag can be set in."""
        return [name.strip() for name in self.flag_environments.split(",") if name.strip()]

    @property
    def ofrep_sites(self) -> list[str]:
        """The origins whose pages may evaluate flags."""
        return [site.strip().rstrip("/") for site in self.ofrep_origins.split(",") if site.strip()]

    @property
    def hosts(self) -> list[str]:
        """The host names we answer to."""
        return [host.strip() for host in self.trusted_hosts.split(",") if host.strip()] or LOOPBACK

    @property
    def private_feeds(self) -> list[str]:
        """The hosts that feeds may ask over http or at a private address."""
        return [host.strip().lower() for host in self.feed_hosts.split(",") if host.strip()]

    @property
    def base_url(self) -> str:
        """How a browser reaches us, without a trailing slash."""
        return (self.public_url or f"http://127.0.0.1:{self.port}").rstrip("/")


NAMES = {str(field.validation_alias or name).upper() for name, field in Settings.model_fields.items()}


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check the settings of this process.

    Raises:
        BadSettings: Some cannot be meant; each is named with what to set.
    """
    if misnamed := list(find_misnamed(environ, NAMES)):
        raise BadSettings("\n".join(misnamed))
    mistakes = [*find_contested(environ, NAMES), *find_unsafe(environ)]
    try:
        found = Settings()
    except ValidationError as error:
        mistakes += [explain(dict(item)) for item in error.errors(include_input=False)]
    if mistakes:
        raise BadSettings("\n".join(mistakes))
    return found


def explain(error: dict[str, Any]) -> str:
    """Return one mistake as a line: which setting, what is wrong, what it is for."""
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    field = Settings.model_fields.get(name) or next(
        one for one in Settings.model_fields.values() if one.validation_alias == name
    )
    what = "is not set" if error["type"] == "missing" else message[0].lower() + message[1:]
    return f"{name.upper()} {what}" + (f" ({field.description.rstrip('.')})" if field.description else "")


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return this process's settings, read once."""
    return read_settings(os.environ)
