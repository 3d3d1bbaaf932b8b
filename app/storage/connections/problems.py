"""What can go wrong with other people's buckets."""

from app.core.errors import Problem


class ConnectionNameTaken(Problem, code="connection-name-taken", status=409):
    """There is a connection called {name} already. Give this one another name."""

    name: str


class BucketNotReached(Problem, code="bucket-not-reached", status=422):
    """The bucket could not be looked at: {reason}"""

    reason: str


class SecretRemoved(Problem, code="secret-removed", status=409):
    """The secret of {name} was removed. Enter a new one to look into the bucket again."""

    name: str
