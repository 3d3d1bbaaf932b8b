"""Signed addresses at the providers themselves: good for one thing, exactly as they are, for a time."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest
import time_machine
import urllib3

from app.core import clock
from app.storage.adapters.bodies import digest
from app.storage.adapters.protocol import NotOffered, ObjectMissing, Signed
from app.storage.adapters.s3 import S3
from tests.storage.contract.places import Place, body_of, random_bytes

POOL = urllib3.PoolManager(retries=False, timeout=30)
MINUTE_S, OK, REFUSED = 60, 300, 400


def ask(signed: Signed, data: bytes | None = None, **others: str) -> tuple[int, bytes, dict[str, str]]:
    """Use an address as somebody who has nothing else; `others` replace headers, "" drops one."""
    changed = {name.replace("_", "-").lower(): value for name, value in others.items()}
    headers = {name.lower(): value for name, value in signed.headers.items()} | changed
    sent = {name: value for name, value in headers.items() if value}
    answer = POOL.request(signed.method, signed.url, body=data, headers=sent)
    return answer.status, answer.data, {name.lower(): value for name, value in answer.headers.items()}


def changed(signed: Signed, path: tuple[str, str] = ("", ""), **query: str) -> Signed:
    """Return an address somebody has worked on."""
    parts = urlsplit(signed.url)
    asked = dict(parse_qsl(parts.query, keep_blank_values=True)) | query
    where = parts.path.replace(*path) if path[0] else parts.path
    return replace(signed, url=urlunsplit(parts._replace(path=where, query=urlencode(asked))))


@pytest.fixture
def kept(abroad: Place) -> tuple[str, bytes]:
    """An object, and its bytes."""
    data, key = random_bytes(5000), abroad.key()
    abroad.put(data, key, content_type="application/x-own")
    return key, data


def test_an_address_fetches_the_object(abroad: Place, kept: tuple[str, bytes]) -> None:
    signed = abroad.provider.sign_get(kept[0], expires_s=MINUTE_S)
    status, data, headers = ask(signed)
    assert (status, data) == (200, kept[1])
    assert headers["content-disposition"] == "attachment"
    assert timedelta(0) < signed.expires_at - clock.now() <= timedelta(seconds=MINUTE_S)


@pytest.mark.parametrize("file_name", ["report.pdf", "Füße & más.pdf", 'a"b\\c.txt', "\u202egpj.exe", "a\r\nb: c.txt"])
def test_an_address_says_name_and_type(abroad: Place, kept: tuple[str, bytes], file_name: str) -> None:
    signed = abroad.provider.sign_get(
        kept[0], expires_s=MINUTE_S, file_name=file_name, content_type="application/pdf", inline=True
    )
    status, data, headers = ask(signed)
    assert (status, data) == (200, kept[1])
    assert headers["content-disposition"].startswith('inline; filename="')
    assert "\u202e" not in headers["content-disposition"]
    assert "b" not in headers
    assert headers["content-type"] == "application/pdf"


def test_an_address_takes_ranges(abroad: Place, kept: tuple[str, bytes]) -> None:
    status, data, _ = ask(abroad.provider.sign_get(kept[0], expires_s=MINUTE_S), range="bytes=10-19")
    assert data == kept[1][10:20]
    assert status == (200 if abroad.kind == "rclone" else 206)  # it sends the range and calls it the whole


def test_an_address_is_of_no_use_once_it_is_over(abroad: Place, kept: tuple[str, bytes]) -> None:
    with time_machine.travel(clock.now() - timedelta(hours=2)):
        signed = abroad.provider.sign_get(kept[0], expires_s=MINUTE_S)
    status, data, _ = ask(signed)
    assert status >= REFUSED
    assert kept[1] not in data


def test_an_address_cannot_be_changed(abroad: Place, kept: tuple[str, bytes]) -> None:
    other = abroad.put(random_bytes(10), abroad.key()).key
    signed = abroad.provider.sign_get(kept[0], expires_s=MINUTE_S, file_name="a.txt", content_type="text/plain")
    names = dict(parse_qsl(urlsplit(signed.url).query))
    attacks = [changed(signed, path=(kept[0], other)), replace(signed, url=signed.url.partition("?")[0])]
    if abroad.kind == "azurite":
        attacks += [changed(signed, sig=names["sig"][::-1]), changed(signed, sp="rcwd"), changed(signed, rscd="inline")]
        attacks += [changed(signed, se="2099-01-01T00:00:00Z"), changed(signed, rsct="text/html")]
    else:
        flipped = names["X-Amz-Signature"][:-1] + ("0" if names["X-Amz-Signature"][-1] != "0" else "1")
        attacks += [changed(signed, **{"X-Amz-Signature": flipped}), changed(signed, **{"X-Amz-Expires": "604800"})]
        attacks += [changed(signed, **{"response-content-type": "text/html"})]
        attacks += [changed(signed, **{"response-content-disposition": "inline"})]
    for attack in attacks:
        assert ask(attack)[0] >= REFUSED, attack.url


@pytest.mark.parametrize("method", ["PUT", "DELETE", "POST"])
def test_an_address_to_fetch_does_nothing_else(abroad: Place, kept: tuple[str, bytes], method: str) -> None:
    signed = replace(abroad.provider.sign_get(kept[0], expires_s=MINUTE_S), method=method)
    assert ask(signed, b"other bytes", x_ms_blob_type="BlockBlob")[0] >= REFUSED
    assert abroad.read(kept[0]) == kept[1]


class Sending:
    """An address to send to, and attacks on it."""

    def __init__(self, place: Place, expires_s: int = MINUTE_S) -> None:
        self.place, self.key, self.data = place, place.key(), random_bytes(3000)
        self.signed = place.provider.sign_put(
            self.key, size_bytes=3000, content_type="image/png", sha256=digest(self.data), expires_s=expires_s
        )

    def is_refused(self, data: bytes, **others: str) -> bool:
        """Say whether something sent there is refused and leaves nothing."""
        status = ask(self.signed, data, **others)[0]
        return status >= REFUSED and not self.place.has(self.key)


def is_offered(place: Place) -> bool:
    """Say whether an address to send to is given out; one that is not bound must never be."""
    if place.provider.profile.binds_put:
        return True
    with pytest.raises(NotOffered):
        Sending(place)
    return False


def test_who_has_an_address_may_send_exactly_these_bytes(abroad: Place) -> None:
    if is_offered(abroad):
        sending = Sending(abroad)
        assert ask(sending.signed, sending.data)[0] < OK
        found = abroad.provider.stat(sending.key)
        assert (found.size_bytes, found.content_type, found.sha256) == (3000, "image/png", digest(sending.data))


def test_who_sends_twice_is_refused(abroad: Place) -> None:
    if is_offered(abroad):
        sending = Sending(abroad)
        ask(sending.signed, sending.data)
        assert ask(sending.signed, sending.data)[0] == 412
        assert abroad.read(sending.key) == sending.data


def test_who_sends_anything_else_is_refused_and_nothing_is_kept(abroad: Place) -> None:
    if is_offered(abroad):
        sending, other = Sending(abroad), random_bytes(3000)
        assert sending.is_refused(other)
        assert sending.is_refused(sending.data + b"x", content_length="3001")
        assert sending.is_refused(sending.data[:-1], content_length="2999")
        assert sending.is_refused(b"", content_length="0")
        assert sending.is_refused(sending.data, content_type="text/html")
        assert sending.is_refused(sending.data, content_type="")
        assert sending.is_refused(sending.data, if_none_match="")
        assert sending.is_refused(sending.data, if_none_match='"other"')
        assert sending.is_refused(other, x_amz_checksum_sha256="")
        assert sending.is_refused(sending.data, content_length="", transfer_encoding="chunked")


def test_who_sends_elsewhere_or_too_late_is_refused(abroad: Place) -> None:
    if is_offered(abroad):
        sending, other = Sending(abroad), abroad.key()
        assert ask(changed(sending.signed, path=(sending.key, other)), sending.data)[0] >= REFUSED
        assert not abroad.has(other)
        with time_machine.travel(clock.now() - timedelta(hours=2)):
            late = Sending(abroad)
        assert late.is_refused(late.data)


def test_an_address_for_a_part_takes_that_part(abroad: Place) -> None:
    key, data = abroad.key(), random_bytes(1000)
    upload_id = abroad.provider.begin_multipart(key, "a/b")
    if abroad.kind == "azurite":
        with pytest.raises(NotOffered):
            abroad.provider.sign_part(key, upload_id, 1, size_bytes=1000, expires_s=MINUTE_S)
        abroad.provider.abort_multipart(key, upload_id)
        return
    signed = abroad.provider.sign_part(key, upload_id, 1, size_bytes=1000, expires_s=MINUTE_S)
    for attack in (changed(signed, partNumber="2"), changed(signed, uploadId="other")):
        assert ask(attack, data)[0] >= REFUSED
    assert ask(signed, data + b"x", content_length="1001")[0] >= REFUSED
    status, _, headers = ask(signed, data)
    assert status < OK
    (part,) = abroad.provider.list_parts(key, upload_id)
    assert part.etag == headers["etag"].strip('"')
    abroad.provider.complete_multipart(key, upload_id, [part])
    assert abroad.read(key) == data


def test_an_address_is_signed_for_the_host_people_reach(abroad: Place) -> None:
    if not isinstance(abroad.provider, S3):
        return
    place = replace(abroad.provider.place, public_endpoint="https://files.example.test")
    outside = S3("s3", abroad.provider.profile, place)
    outside.put(key := abroad.key(), body_of(b"hello"), size_bytes=5, content_type="text/plain")
    signed = outside.sign_get(key, expires_s=MINUTE_S)
    assert signed.url.startswith("https://files.example.test/")
    behind = replace(signed, url=signed.url.replace("https://files.example.test", place.endpoint))
    assert ask(behind, host="files.example.test")[:2] == (200, b"hello")
    assert ask(behind)[0] >= REFUSED
    outside.delete([key])
    with pytest.raises(ObjectMissing):
        outside.stat(key)
