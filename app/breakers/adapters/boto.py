"""boto3 behind a breaker, by botocore's own events.

    guard_client(boto3.client("s3"), "storage")

A call is one API call with all of botocore's retries. Failures are exceptions of the connection, statuses of 500
and above and refusals for being too many; Retry-After is honoured. A missing bucket, a missing right or a wrong
argument counts as a success: the service works. Slow is the whole call, retries included.
"""

from collections.abc import Mapping
from typing import Any

from app.breakers.adapters.answers import ServiceFailed, judge
from app.breakers.registry import breaker

PERMIT = "breaker_permit"
THROTTLED = frozenset(
    "EC2ThrottledException LimitExceededException PriorRequestNotComplete ProvisionedThroughputExceededException "
    "RequestLimitExceeded RequestThrottled RequestThrottledException SlowDown ThrottledException Throttling "
    "ThrottlingException TooManyRequestsException TransactionInProgressException".split()
)  # botocore retries these too: botocore/retries/standard.py names them


def guard_client(client: Any, name: str) -> Any:  # Any: boto3 makes its classes at run time
    """Let a client's calls go through a breaker; returns the client.

    Calls then raise CallNotPermitted while the breaker is open; nothing is sent.
    """
    one = breaker(name)

    def ask(context: dict[str, Any], **_: Any) -> None:  # Any: what botocore's events carry
        context[PERMIT] = one.acquire()

    def judge_answer(http_response: Any, parsed: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        permit = context.pop(PERMIT, None)
        if permit is None:
            return
        code = parsed.get("Error", {}).get("Code", "")
        failure = judge(http_response.status_code, http_response.headers)
        if failure is None and code in THROTTLED:
            failure = ServiceFailed(http_response.status_code)
        if failure is None:
            one.succeed(permit)
        else:
            one.fail(permit, failure)

    def judge_error(exception: Exception, context: dict[str, Any], **_: Any) -> None:
        permit = context.pop(PERMIT, None)
        if permit is not None:
            one.fail(permit, exception)

    # The first to be asked: a later handler of the client may do work that an open breaker spares.
    client.meta.events.register_first("before-call", ask)
    client.meta.events.register("after-call", judge_answer)
    client.meta.events.register("after-call-error", judge_error)
    return client
