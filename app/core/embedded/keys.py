"""The passwords and ports of one home's servers, made once and kept in a file only we can read."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.core.embedded.roles import make_passwords

FILE_NAME = "keys.json"


@dataclass
class Keys:
    """What a home keeps from start to start.

    Attributes:
        postgres_port: the port of last time, taken again while it is free.
        demo_password: what the demo was first loaded with.
    """

    postgres_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    valkey_password: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    session_secret: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    role_passwords: dict[str, str] = field(default_factory=make_passwords)
    postgres_port: int | None = None
    valkey_port: int | None = None
    demo_password: str | None = None
    is_demo_loaded: bool = False


def load_keys(home: Path) -> Keys:
    """The home's keys, or new ones."""
    path = home / FILE_NAME
    if not path.exists():
        return Keys()
    keys = Keys(**json.loads(path.read_text(encoding="utf-8")))
    # A later version may know roles this file does not.
    keys.role_passwords = {**make_passwords(), **keys.role_passwords}
    return keys


def save_keys(home: Path, keys: Keys) -> None:
    """Keep the keys; a crash leaves the old file or the new one, whole."""
    write_private(home / FILE_NAME, json.dumps(asdict(keys), indent=2) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, at no moment otherwise."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
