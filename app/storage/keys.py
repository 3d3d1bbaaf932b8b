"""Keys: where a file's bytes are. Made here and nowhere else, of an id, a word and chance; never of what people type."""

import re
import secrets

from app.core.ids import CompanyId
from app.storage.states import Category

ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
RANDOM_CHARACTERS = 26  # 130 bits
KEY = re.compile(r"(\d{1,19})/([a-z]+)/([a-z2-7]{2})/([a-z2-7]{26})", re.ASCII)
QUARANTINE = "quarantine/"
PROBES = "probes/"


def new_key(company_id: CompanyId, category: Category) -> str:
    """Return a key nobody has: `{company}/{category}/{aa}/{random}`, lower case for file systems that fold it."""
    name = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_CHARACTERS))
    return f"{company_id}/{category.value}/{name[:2]}/{name}"


def is_key(text: str) -> bool:
    """Say whether a text is a key of ours."""
    found = KEY.fullmatch(text)
    return found is not None and found[4].startswith(found[3]) and found[2] in set(Category)


def company_of(key: str) -> CompanyId | None:
    """Return whose a key is; None for what is no key of ours."""
    return CompanyId(int(key.partition("/")[0])) if is_key(key) else None
