"""The shortest way to a flag of one's own: flags belong to the installation, so every test makes fresh ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app import flags
from app.core.context import acting_as
from app.core.ids import new_ulid
from app.core.installation import installation
from app.flags import service
from tests.world import Person


def fresh_key(word: str = "flag") -> str:
    """Return a key nobody has used."""
    return f"{word}-{new_ulid().lower()}"


@contextmanager
def as_platform(pat: Person) -> Iterator[None]:
    """Call services as a platform admin does, in the installation."""
    who = {"kind": "user", "id": pat.public_id, "name": pat.name}
    with pat.app.app_context(), installation(), acting_as(who):
        yield


def make_flag(pat: Person, **fields: Any) -> str:
    """Make a flag and return its key."""
    key = fresh_key()
    with as_platform(pat):
        service.create_flag(key, fields)
    return key


def is_on(pat: Person, key: str, target: Any = "somebody") -> bool:
    """Ask this process."""
    with pat.app.app_context():
        return flags.is_enabled(key, target)
