"""The third draw hashes canonical CBOR: ours is the same, byte for byte, as the library's."""

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flags.engine.cbor import encode

PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(st.text("aäz", max_size=3), inner))


def whole(value):
    """A float without a fraction is an integer, as far as CBOR has integers of its own."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [whole(item) for item in value]
    if isinstance(value, float) and value.is_integer() and -(2**63) <= value <= 2**64 - 1:
        return int(value)
    return value


@given(VALUES)
def test_every_json_value_is_encoded_as_the_library_does(value):
    assert encode(value) == cbor2.dumps(whole(value), canonical=True)


@pytest.mark.parametrize("value", [23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**64 - 1, 2**64, -(2**64) - 1])
def test_the_edges_of_integers_are_encoded_as_the_library_does(value):
    assert encode(value) == cbor2.dumps(value, canonical=True)
    assert encode(-value) == cbor2.dumps(-value, canonical=True)


def test_what_is_not_json_is_refused():
    with pytest.raises(ValueError, match="object is not JSON"):
        encode(object())
