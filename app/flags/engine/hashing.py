"""Where a target stands in a draw: murmur3-32 of `<salt>.<target>`, spread over the weights by `(hash * W) >> 32`.

A flag has three independent draws, told apart by their salts: who is inside its percentage, who is inside a
rule's own percentage, and which variant of a split somebody gets. The split is one draw for the whole flag, so
that a person who moves from a rule into the percentage keeps the variant.
"""

from collections.abc import Iterable
from itertools import accumulate

from mmh3 import mmh3_32_uintdigest

from app.flags.engine.model import WHOLE


def hash_text(text: str) -> int:
    """Return murmur3-32 of the text's UTF-8, 0 to 2³² - 1.

    A lone surrogate, which JSON can carry, is hashed as its three bytes: `mmh3.hash` would end the process.
    """
    return mmh3_32_uintdigest(text.encode("utf-8", "surrogatepass"))


def place(salt: str, target: str) -> int:
    """Return the target's place in a draw, 0 to 99,999; it is inside every percentage greater than that."""
    return hash_text(f"{salt}.{target}") * WHOLE >> 32


def threshold(share: int, whole: int = WHOLE) -> int:
    """Return the smallest hash outside the share: `hash * whole >> 32 < share` without the multiplication."""
    return -((-share << 32) // whole)


def thresholds(weights: Iterable[int]) -> list[int]:
    """Return where each part of a split ends, as hashes: `bisect_right(them, hash)` is the part's index."""
    ends = list(accumulate(weights))
    return [threshold(end, ends[-1]) for end in ends]


def split_salt(salt: str) -> str:
    """Return the salt of the draw between the variants of a split."""
    return f"{salt}.split"


def rule_salt(salt: str, rule: str) -> str:
    """Return the salt of the draw for one rule's own percentage."""
    return f"{salt}.rule.{rule}"
