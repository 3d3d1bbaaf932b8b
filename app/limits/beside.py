"""What a request reads of Valkey anyway comes with its limits, in the same round trip."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Request, g


@dataclass
class Beside:
    """One key that is read while limits are counted.

    Attributes:
        value: What stands there, empty for nothing; None while nobody has looked.
    """

    key: bytes
    value: bytes | None = None


Chooser = Callable[[Request], str | None]
_choosers: list[Chooser] = []


def read_beside(choose: Chooser) -> Chooser:
    """Register who knows which key a request is going to read; None when it reads none."""
    _choosers[:] = [choose]
    return choose


def key_beside(asking: Request) -> Beside | None:
    """Return what is to be read for a request, kept where `brought` finds it."""
    key = _choosers[0](asking) if _choosers else None
    if key is None:
        return None
    g.read_beside = found = Beside(key.encode())
    return found


def brought(key: str) -> bytes | None:
    """Return what came with the limits of this request: empty when nothing stood there, None when nobody looked."""
    found: Beside | None = g.get("read_beside")
    return found.value if found is not None and found.key == key.encode() else None
