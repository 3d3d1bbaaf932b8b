"""Answers go out packed to whoever takes it, and as they are to everybody else."""

import gzip

import pytest

PACKED = {"Accept-Encoding": "gzip, deflate"}


@pytest.mark.parametrize("path", ["/orders", "/api/openapi.json"])
def test_a_long_answer_is_packed_for_whom_it_suits(world, path):
    ada = world.harbour("company_admin")
    packed = ada.get(path, headers=PACKED)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert int(packed.headers["Content-Length"]) == len(packed.data)
    assert gzip.decompress(packed.data)[:1] in b"<{"


@pytest.mark.parametrize("sent", [None, "br", "gzip;q=0", "identity"])
def test_nobody_gets_what_they_cannot_read(world, sent):
    ada = world.harbour("company_admin")
    plain = ada.get("/orders", headers={"Accept-Encoding": sent} if sent else {})
    assert "Content-Encoding" not in plain.headers
    assert plain.data.startswith(b"<!doctype html>")


def test_what_fits_one_packet_stays_as_it_is(world):
    answer = world.harbour("company_admin").get("/api/orders", headers=PACKED)
    assert answer.json == {"items": [], "nextCursor": None}
    assert "Content-Encoding" not in answer.headers
