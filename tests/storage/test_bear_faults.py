"""What S3 does wrong, and the network: retried, told apart, and never taken for something else."""

import hashlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import ClassVar

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from app.core.embedded.ports import find_free_port
from app.storage.adapters import s3_errors, s3_http, sigv4
from app.storage.adapters.azure import Azure
from app.storage.adapters.bodies import digest
from app.storage.adapters.profiles import PROFILES
from app.storage.adapters.protocol import (
    NotOffered,
    ObjectExists,
    ObjectMissing,
    ProviderAway,
    ProviderRefused,
    StorageError,
    StorageFull,
    WrongBytes,
)
from app.storage.adapters.s3 import S3
from app.storage.adapters.s3_boto import Place

KEY = "1/temp/aa/aaaaaaaaaaaaaaaaaaaaaaaaaa"
DATA = b"some bytes"


@dataclass
class Script:
    """What a server answers next: status, headers, body; None hangs up without a word.

    Attributes:
        asked: What came: method and headers.
    """

    answers: list[tuple[int, dict[str, str], bytes] | None] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


class Answering(BaseHTTPRequestHandler):
    """Answers by its script."""

    script: ClassVar[Script]
    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        """Take the request and answer as written."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.script.asked.append((self.command, {name.lower(): value for name, value in self.headers.items()}))
        found = self.script.answers.pop(0) if self.script.answers else (200, {}, b"")
        if found is None:
            self.close_connection = True
            return
        status, headers, body = found
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
        self.close_connection = "Content-Length" in headers and self.command == "GET"

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = answer  # noqa: N815 (http.server's names)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """What the server is to answer."""
    monkeypatch.setattr(s3_http, "FIRST_WAIT_S", 0.001)
    Answering.script = Script()
    return Answering.script


@pytest.fixture
def s3(script: Script) -> Iterator[S3]:
    """A provider that speaks to it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield make_s3(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


def make_s3(endpoint: str) -> S3:
    """Return a provider of the full profile."""
    return S3("s3", PROFILES["seaweedfs"], Place("bucket", "us-east-1", endpoint, "", "access", "secret"))


def put(s3: S3) -> str:
    """Put something and return its digest."""
    return s3.put(KEY, BytesIO(DATA), size_bytes=len(DATA), content_type="a/b").sha256


def said(code: str) -> bytes:
    """Return a mistake as S3 writes it."""
    return f"<Error><Code>{code}</Code><Message>because</Message></Error>".encode()


SLOW = (503, {"Retry-After": "0"}, said("SlowDown"))


def test_slow_down_is_waited_out(s3: S3, script: Script) -> None:
    script.answers += [SLOW, (500, {}, b""), None, (200, {"ETag": f'"{md5()}"'}, b"")]
    assert put(s3) == digest(DATA)
    assert [method for method, _ in script.asked] == ["PUT"] * 4


def test_after_four_attempts_it_is_away_and_says_how_long(s3: S3, script: Script) -> None:
    script.answers += [SLOW, SLOW, SLOW, (503, {"Retry-After": "7"}, said("SlowDown"))]
    with pytest.raises(ProviderAway, match="SlowDown") as error:
        put(s3)
    assert (error.value.attempts, error.value.retry_after_s) == (4, 7)


def test_an_answer_that_was_lost_is_found_again(s3: S3, script: Script) -> None:
    there = {"Content-Length": str(len(DATA)), "ETag": f'"{md5()}"'}
    script.answers += [None, (412, {}, said("PreconditionFailed")), (200, there, b"")]
    assert put(s3) == digest(DATA)
    assert [method for method, _ in script.asked] == ["PUT", "PUT", "HEAD"]


def test_another_object_under_the_key_is_not_taken_for_ours(s3: S3, script: Script) -> None:
    script.answers += [None, (412, {}, said("PreconditionFailed")), (200, {"Content-Length": "10", "ETag": '"x"'}, b"")]
    with pytest.raises(ObjectExists):
        put(s3)


def test_a_server_that_keeps_more_than_was_sent_is_found_out(s3: S3, script: Script) -> None:
    longer = {"Content-Length": str(len(DATA) + 90), "ETag": '"other"'}
    script.answers += [(200, {"ETag": '"other"'}, b""), (200, longer, b""), (204, {}, b"")]
    with pytest.raises(WrongBytes, match="100 bytes were stored"):
        put(s3)
    assert [method for method, _ in script.asked] == ["PUT", "HEAD", "DELETE"]


def test_what_is_sent_is_bound_and_whole(s3: S3, script: Script) -> None:
    script.answers += [(200, {"ETag": f'"{md5()}"'}, b"")]
    put(s3)
    sent = script.asked[0][1]
    assert sent["if-none-match"] == "*"
    assert sent["x-amz-content-sha256"] == digest(DATA)
    assert sent["x-amz-checksum-sha256"]
    assert "transfer-encoding" not in sent
    assert "x-amz-trailer" not in sent


def test_a_body_cut_short_is_no_file(s3: S3, script: Script) -> None:
    script.answers += [(200, {"Content-Length": "100"}, b"only this")]
    with pytest.raises(ProviderAway), s3.open(KEY) as pieces:
        list(pieces)


def test_silence_is_away(script: Script, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_http, "ATTEMPTS", 1)
    for endpoint in (f"http://127.0.0.1:{find_free_port()}", "http://nobody.invalid"):
        with pytest.raises(ProviderAway):
            make_s3(endpoint).stat(KEY)
    script.answers += [None]
    with pytest.raises(ProviderAway):
        s3.stat(KEY)


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (403, "AccessDenied", ProviderRefused), (403, "SignatureDoesNotMatch", ProviderRefused),
        (403, "InvalidAccessKeyId", ProviderRefused), (403, "RequestTimeTooSkewed", ProviderRefused),
        (404, "NoSuchBucket", ProviderRefused), (301, "PermanentRedirect", ProviderRefused),
        (404, "NoSuchKey", ObjectMissing), (404, "NoSuchUpload", ObjectMissing), (404, "", ObjectMissing),
        (412, "PreconditionFailed", ObjectExists), (409, "ConditionalRequestConflict", ObjectExists),
        (412, "", ObjectExists), (400, "BadDigest", WrongBytes), (400, "XAmzContentChecksumMismatch", WrongBytes),
        (400, "XAmzContentSHA256Mismatch", WrongBytes), (400, "EntityTooSmall", WrongBytes),
        (400, "InvalidPart", WrongBytes), (400, "IncompleteBody", WrongBytes), (507, "", StorageFull),
        (507, "XMinioStorageFull", StorageFull), (403, "QuotaExceeded", StorageFull), (501, "", NotOffered),
        (503, "SlowDown", ProviderAway), (500, "InternalError", ProviderAway), (429, "", ProviderAway),
        (400, "RequestTimeout", ProviderAway), (502, "", ProviderAway), (416, "InvalidRange", s3_errors.BeyondEnd),
    ],
)  # fmt: skip
def test_answers_are_told_apart(status: int, code: str, meaning: type[StorageError]) -> None:
    found = s3_errors.of_answer(status, said(code) if code else b"", {}, KEY)
    assert type(found) is meaning
    assert found.key == KEY


def test_a_wrong_clock_is_named() -> None:
    assert "clocks" in str(s3_errors.of_answer(403, said("RequestTimeTooSkewed"), {}, KEY))


def test_the_sdk_says_the_same(s3: S3, script: Script) -> None:
    script.answers += [(403, {}, said("AccessDenied"))]
    with pytest.raises(ProviderRefused, match="AccessDenied"):
        list(s3.list(""))
    script.answers += [(503, {"Retry-After": "3"}, said("SlowDown"))] * 4
    with pytest.raises(ProviderAway, match="SlowDown") as error:
        list(s3.list(""))
    assert error.value.retry_after_s == 3


def test_nobody_is_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    nobody = S3("s3", PROFILES["aws"], Place("bucket", "us-east-1", "http://127.0.0.1:9"))
    with pytest.raises(ProviderRefused, match="no credentials"):
        nobody.stat(KEY)


def test_azure_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.storage.blob", None)
    with pytest.raises(NotOffered, match="requirements-azure"):
        Azure("azure-blob", "", "files")


def test_azure_that_cannot_be_reached_is_away() -> None:
    address = f"http://127.0.0.1:{find_free_port()}/account"
    found = Azure("azure-blob", f"AccountName=account;AccountKey=a2V5;BlobEndpoint={address};", "files", retries=0)
    with pytest.raises(ProviderAway):
        found.stat(KEY)


QUERIES: list[dict[str, str]] = [{}, {"uploads": ""}, {"partNumber": "7", "uploadId": "a/b+c=="}, {"a b": "ü&=", "A": "~-._"}]  # fmt: skip


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("token", ["", "session/token+=="])
def test_signatures_are_those_of_the_sdk(query: dict[str, str], token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: now.replace(tzinfo=None))
    who = sigv4.Credentials("access", "secret", "eu-central-1", token)
    theirs = BotoCredentials("access", "secret", token or None)
    path = sigv4.encode_path("/bucket/a b/ü+~.txt")
    url = f"https://host.test:8443{path}" + (f"?{sigv4.encode_query(query)}" if query else "")
    headers = {"content-type": "a/b;  charset=x", "if-none-match": "*"}

    request = AWSRequest("PUT", url, headers={**headers, "X-Amz-Content-SHA256": digest(DATA)}, data=DATA)
    S3SigV4Auth(theirs, "s3", "eu-central-1").add_auth(request)
    ours = sigv4.sign_headers(who, "PUT", "host.test:8443", path, query, headers, digest(DATA), now)
    assert ours["authorization"] == request.headers["Authorization"]

    signed = AWSRequest("GET", url)
    S3SigV4QueryAuth(theirs, "s3", "eu-central-1", expires=60).add_auth(signed)
    asked = sigv4.sign_query(who, "GET", "host.test:8443", path, query, {}, 60, now)
    assert asked.rpartition("=")[2] == signed.url.partition("X-Amz-Signature=")[2]


def md5() -> str:
    """Return the etag a faithful server gives."""
    return hashlib.md5(DATA, usedforsecurity=False).hexdigest()
