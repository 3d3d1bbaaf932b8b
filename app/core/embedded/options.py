"""What the person who starts Quarterdeck may choose, read from the environment and .env."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded.envfile import read_env_file

HIGHEST_PORT = 65535
PROJECT = Path(__file__).resolve().parents[3]

# What bin/up itself looks at or makes; any other setting is read by the processes.
IN_FILES = ("DATABASE_URL", "DATABASE_OWNER_URL", "DATABASE_ADMIN_URL", "REDIS_URL", "SESSION_SECRET", "DEMO_PASSWORD")


@dataclass(frozen=True)
class Options:
    """The choices of one start.

    Attributes:
        home: QUARTERDECK_HOME, absolute.
        host: where the web process listens; loopback unless asked.
        environ: everything the children inherit.
    """

    home: Path
    port: int
    host: str
    environ: Mapping[str, str]

    @property
    def url(self) -> str:
        """What to open in a browser on this machine."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"  # noqa: S104 (a comparison)

    @property
    def has_own_database(self) -> bool:
        """Whether the person brings PostgreSQL."""
        return bool(self.environ.get("DATABASE_URL"))

    @property
    def has_own_redis(self) -> bool:
        """Whether the person brings Redis or Valkey."""
        return bool(self.environ.get("REDIS_URL") or self.environ.get("REDIS_HOST"))

    @property
    def wants_demo(self) -> bool:
        """Whether the first start loads the demo companies."""
        return self.environ.get("LOAD_DEMO", "true").lower() not in ("0", "false", "no", "off")


def read_options() -> Options:
    """The options of this start; the environment wins over .env.

    Raises:
        RuntimeError: a value that cannot be meant.
    """
    environ = with_files({**read_env_file(PROJECT / ".env"), **os.environ})
    text = environ.get("PORT") or "3000"
    if not text.isdigit() or not 1 <= int(text) <= HIGHEST_PORT:
        raise RuntimeError(f"PORT={text} is not a port: choose a number from 1 to 65535, like PORT=3001.")
    home = PROJECT / Path(environ.get("QUARTERDECK_HOME") or "var").expanduser()
    return Options(home.resolve(), int(text), environ.get("WEB_HOST") or "127.0.0.1", environ)


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with what `<NAME>_FILE` of our own start names, read: the children are told it once, by its name.

    Raises:
        RuntimeError: A file that cannot be read, or a name that is said twice.
    """
    read = dict(environ)
    for name in IN_FILES:
        path = read.pop(f"{name}_FILE", "")
        if not path:
            continue
        if read.get(name):
            raise RuntimeError(f"{name} and {name}_FILE are both set; keep one of them")
        try:
            read[name] = (PROJECT / path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise RuntimeError(
                f"{name}_FILE: {path} cannot be read ({error}); name a file that holds the value"
            ) from None
    return read
