"""What can be wrong with a feed."""

from app.core.errors import Problem


class FeedNameTaken(Problem, code="feed-name-taken", status=409):
    """There is a feed called {name} already. Choose another name."""

    name: str


class FeedRefused(Problem, code="feed-refused", status=422):
    """The partner refused us. It answered {answered}: {hint}"""

    answered: int
    hint: str


class FeedUnreadable(Problem, code="feed-unreadable", status=422):
    """The partner's answer cannot be read. {reason} The manual of feeds says what one looks like."""

    reason: str


class FeedPaused(Problem, code="feed-paused", status=409):
    """The feed {name} is paused. Resume it first."""

    name: str
