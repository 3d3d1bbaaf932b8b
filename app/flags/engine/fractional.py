"""flagd's `fractional`: which of the weighted variants a target is given, in each of its three versions.

- v1: murmur3-32 as a signed number, `abs(hash) / (2^31 - 1) * 100` against floating shares.
- v2: `(hash * weights) >> 32`; what the flagd daemon does today.
- v3: as v2, over the canonical CBOR of the value, so that numbers and objects can be drawn by too.

Sources: flagd core/pkg/evaluator/fractional.go (v1, v2), openfeature-flagd-core 2.0.0 (v3).
"""

from collections.abc import Callable, Sequence
from typing import Any

import mmh3

from app.flags.engine import cbor
from app.flags.engine.coercion import is_number
from app.flags.engine.model import Algorithm

MOST_WEIGHT = 2_147_483_647
_V1_SPAN = 2**31 - 1
Share = tuple[Any, int]


def draw_place(algorithm: Algorithm, flag_key: str, value: Any, target: Any) -> int | None:
    """Return the hash that decides; None when there is nothing to draw by.

    Args:
        algorithm: One of flagd's three.
        flag_key: Of the flag, for the draw by target.
        value: What the rule says to draw by; `BY_TARGET` when it says nothing.
        target: The context's targeting key.
    """
    if algorithm is Algorithm.FLAGD_V3:
        if value is BY_TARGET:
            value = [flag_key, target] if isinstance(target, str) and target else None
        return None if value is None else mmh3.hash(cbor.encode(value), signed=False)
    # The daemon draws by the target also where the rule's value is missing.
    if value is BY_TARGET or value is None:
        value = flag_key + target if isinstance(target, str) and target else None
    if not isinstance(value, str):
        return None
    # Half a surrogate pair, which JSON can carry, has to be hashed as bytes: as text it ends the process.
    return mmh3.hash(value.encode("utf-8", "surrogatepass"), signed=algorithm is Algorithm.FLAGD_V1)


BY_TARGET = object()


def choose_variant(algorithm: Algorithm, place: int, shares: Sequence[Share]) -> Any:
    """Return the variant whose share holds the place; None when the weights are no weights."""
    total = sum(weight for _, weight in shares)
    if not 0 < total <= MOST_WEIGHT:
        return None
    end: float = 0
    if algorithm is Algorithm.FLAGD_V1:
        bucket = abs(place) / _V1_SPAN * 100
        for variant, weight in shares:
            end += 100 * weight / total
            if bucket < end:
                return variant
        return None
    bucket = (place * total) >> 32
    for variant, weight in shares:
        end += weight
        if bucket < end:
            return variant
    return None


def flagd_draw(algorithm: Algorithm) -> Algorithm:
    """Return which of flagd's draws a flag's `fractional` makes: the daemon's, when the flag was made here."""
    return Algorithm.FLAGD_V2 if algorithm is Algorithm.MURMUR3 else algorithm


def read_share(entry: Any, algorithm: Algorithm) -> Share | None:
    """Read `[variant]` or `[variant, weight]` as it was computed; None when it is neither.

    A negative weight is a ramp that has not begun or is over: it counts as zero.
    """
    if not isinstance(entry, list) or not 1 <= len(entry) <= 2:  # noqa: PLR2004 — a pair at most
        return None
    variant = entry[0]
    weight = entry[1] if len(entry) > 1 else 1
    if isinstance(variant, list | dict):
        return None
    if weight is None and algorithm is not Algorithm.FLAGD_V3:
        weight = 1  # the daemon's reading of a missing attribute
    if not is_number(weight) or weight != weight // 1 or weight > MOST_WEIGHT:
        return None
    return variant, max(0, int(weight))


def read_shares(entries: Sequence[Any], algorithm: Algorithm) -> tuple[Share, ...] | None:
    """Read all shares of a rule; None when one is no share."""
    shares = tuple(read_share(entry, algorithm) for entry in entries)
    return None if None in shares else tuple(share for share in shares if share)


Drawn = Callable[[Any], Any]


def compile_fractional(
    algorithm: Algorithm, flag_key: str, by: Drawn | None, entries: Drawn, fixed: tuple[Share, ...] | None
) -> Drawn:
    """Return the operation as a function of the context.

    Args:
        algorithm: Of the flag.
        flag_key: Of the flag.
        by: Computes what is drawn by; None draws by the target.
        entries: Computes the list of shares.
        fixed: The shares, when nothing in them is computed.
    """
    kind = flagd_draw(algorithm)

    def draw(data: Any) -> Any:
        value = BY_TARGET if by is None else by(data)
        first = []
        if isinstance(value, list):  # it was no value to draw by, but a computed share
            value, first = BY_TARGET, [value]
        place = draw_place(kind, flag_key, value, data.get("targetingKey") if isinstance(data, dict) else None)
        if place is None:
            return None
        if fixed is not None and not first:
            return choose_variant(kind, place, fixed)
        shares = read_shares([*first, *entries(data)], kind)
        return None if shares is None else choose_variant(kind, place, shares)

    return draw
