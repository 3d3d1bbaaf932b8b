"""WebSocket frames, byte by byte: what is a message, and what ends a connection."""

import os
import struct

import pytest

from app.realtime import frames
from app.realtime.frames import BadFrame, Inbox


def masked(kind: int, payload: bytes, *, is_last: bool = True) -> bytes:
    mask = (
        b"\x37\xfa\x21\x3d"  # the standard's example; a random one would name parametrized tests anew in every process
    )
    size = len(payload)
    length = struct.pack("!B", 0x80 | size) if size < 126 else struct.pack("!BH", 0x80 | 126, size) if size < 65536 else struct.pack("!BQ", 0x80 | 127, size)  # fmt: skip
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes([(0x80 if is_last else 0) | kind]) + length + mask + body


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_a_message_of_any_length_comes_whole(size: int) -> None:
    payload = os.urandom(size)
    assert list(Inbox(100_000).take(masked(frames.BINARY, payload))) == [(frames.BINARY, payload)]


def test_a_message_that_comes_byte_by_byte_is_one_message() -> None:
    inbox, data = Inbox(1000), masked(frames.TEXT, b"hello" * 50) + masked(frames.PING, b"?")
    heard = [found for byte in data for found in inbox.take(bytes([byte]))]
    assert heard == [(frames.TEXT, "hello" * 50), (frames.PING, b"?")]


def test_parts_are_put_together_and_a_ping_may_come_between() -> None:
    data = masked(frames.TEXT, b"one ", is_last=False) + masked(frames.PING, b"") + masked(frames.CONTINUATION, b"two")
    assert list(Inbox(100).take(data)) == [(frames.PING, b""), (frames.TEXT, "one two")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frames.frame(frames.TEXT, b"not masked"), frames.PROTOCOL_ERROR),
        (b"\xc1\x80\0\0\0\0", frames.PROTOCOL_ERROR),  # a bit of an extension nobody agreed on
        (masked(3, b""), frames.PROTOCOL_ERROR),
        (masked(frames.PING, b"x" * 126), frames.PROTOCOL_ERROR),
        (masked(frames.PING, b"", is_last=False), frames.PROTOCOL_ERROR),
        (masked(frames.CONTINUATION, b"of nothing"), frames.PROTOCOL_ERROR),
        (masked(frames.TEXT, b"a", is_last=False) + masked(frames.TEXT, b"b"), frames.PROTOCOL_ERROR),
        (masked(frames.TEXT, b"x" * 5001)[:2000], frames.TOO_BIG),  # what is there of it is enough
        (masked(frames.TEXT, b"\xff\xfe"), 1007),
        (masked(frames.TEXT, b"x" * 600, is_last=False) + masked(frames.CONTINUATION, b"x" * 600), frames.TOO_BIG),
    ],
)
def test_a_client_that_breaks_the_protocol_is_told_how(data: bytes, code: int) -> None:
    with pytest.raises(BadFrame) as refused:
        list(Inbox(1000).take(data))
    assert refused.value.code == code


def test_the_handshake_is_answered_as_the_standard_says() -> None:
    assert frames.accept_key("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize("key", ["", "short", "not base64 at all!", "bm90IHNpeHRlZW4="])
def test_what_is_no_key_is_refused(key: str) -> None:
    assert frames.accept_key(key) is None


@pytest.mark.parametrize("size", [0, 125, 126, 65_535, 65_536])
def test_our_own_frames_say_their_length(size: int) -> None:
    made = frames.frame(frames.TEXT, b"x" * size)
    assert made[0] == 0x81
    assert made.endswith(b"x" * size)
    assert len(made) - size == (2 if size < 126 else 4 if size < 65_536 else 10)
