"""Which keys an adapter takes: a second lock behind keys.py, which makes them."""

import re

from app.storage.adapters.protocol import ProviderRefused

MOST_CHARACTERS = 200
SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
KEY = re.compile(rf"{SEGMENT}(?:/{SEGMENT}){{0,7}}", re.ASCII)


def check_key(key: str) -> str:
    """Return a key that can lead nowhere else and reads the same at every provider.

    Raises:
        ProviderRefused: It is empty or too long, or has a dot at the start of a segment, or what is no plain ASCII.
    """
    if len(key) > MOST_CHARACTERS or KEY.fullmatch(key) is None:
        raise ProviderRefused("a key has letters, digits, dots, dashes and slashes only", repr(key[:MOST_CHARACTERS]))
    return key
