"""boto3 behind a breaker, against a server that answers as S3 does."""

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from app.breakers.adapters.boto import guard_client
from app.breakers.breaker import Breaker
from app.breakers.states import CallNotPermitted, State
from tests.breakers.adapters.service import Service
from tests.site import wait_for

LISTED = b'<?xml version="1.0"?><ListBucketResult><Name>box</Name><KeyCount>0</KeyCount></ListBucketResult>'
FAULT = '<?xml version="1.0"?><Error><Code>{}</Code><Message>no</Message></Error>'


def open_box(url: str, name: str) -> Any:  # Any: boto3 makes its classes at run time
    return guard_client(
        boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="key",
            aws_secret_access_key="not-a-secret",
            config=Config(connect_timeout=0.3, read_timeout=0.3, retries={"total_max_attempts": 1}),
        ),
        name,
    )


@pytest.fixture
def one(make_breaker: Any) -> Breaker:
    made: Breaker = make_breaker()
    return made


def answer(service: Service, status: int, code: str) -> None:
    service.status, service.body = status, FAULT.format(code).encode()


def test_a_working_bucket_and_a_missing_right_are_successes(service: Service, one: Breaker) -> None:
    box = open_box(service.url, one.name)
    service.body = LISTED
    assert box.list_objects_v2(Bucket="box")["KeyCount"] == 0
    for status, code in ((403, "AccessDenied"), (404, "NoSuchBucket"), (409, "BucketAlreadyExists")):
        answer(service, status, code)
        with pytest.raises(ClientError):
            box.list_objects_v2(Bucket="box")
    assert (one.state, one.figures_now()) == (State.CLOSED, (4, 0, 0))


@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "SlowDown"), (400, "Throttling")])
def test_errors_of_the_service_and_throttling_open_it_and_nothing_is_sent_then(
    service: Service, one: Breaker, status: int, code: str
) -> None:
    box = open_box(service.url, one.name)
    answer(service, status, code)
    for _ in range(2):
        with pytest.raises(ClientError):
            box.list_objects_v2(Bucket="box")
    with pytest.raises(CallNotPermitted):
        box.list_objects_v2(Bucket="box")
    assert service.asked == 2
    service.status, service.body = 200, LISTED

    def is_back() -> bool:
        try:
            return bool(box.list_objects_v2(Bucket="box")["KeyCount"] == 0)
        except CallNotPermitted:
            return False

    wait_for(is_back)
    assert one.state is State.CLOSED


def test_retry_after_is_honoured(service: Service, one: Breaker) -> None:
    box = open_box(service.url, one.name)
    answer(service, 503, "SlowDown")
    service.headers = {"Retry-After": "20"}
    with pytest.raises(ClientError):
        box.list_objects_v2(Bucket="box")
    with pytest.raises(CallNotPermitted) as refused:
        box.list_objects_v2(Bucket="box")
    assert 18 <= refused.value.retry_after_s <= 20


def test_silence_and_a_closed_port_are_failures(service: Service, one: Breaker) -> None:
    box = open_box(service.url, one.name)
    service.hangs = True
    with pytest.raises(BotoCoreError):
        box.list_objects_v2(Bucket="box")
    service.stop()
    with pytest.raises(BotoCoreError):
        box.list_objects_v2(Bucket="box")
    with pytest.raises(CallNotPermitted):
        box.list_objects_v2(Bucket="box")


def test_arguments_that_never_leave_count_for_nothing(service: Service, one: Breaker) -> None:
    box = open_box(service.url, one.name)
    with pytest.raises(BotoCoreError):
        box.list_objects_v2(Bucket="")
    assert one.figures_now() == (0, 0, 0)
