"""What is told of advice on indexes."""

from app.core.outbox import Fact


class AdviceDismissed(Fact, type="advice.dismissed", topic="queries", row="id"):
    """Somebody does not want an index that was advised."""

    id: str
    index: str
    reason: str


class AdviceReopened(Fact, type="advice.reopened", topic="queries", row="id"):
    """Somebody took back that an index is not wanted."""

    id: str
    index: str


class AdviceJudged(Fact, type="advice.judged", topic="queries", row="id"):
    """An index that was advised was built, or what it did to its statements is known by now.

    Attributes:
        state: `built`, `confirmed` or `worse`.
    """

    id: str
    index: str
    state: str
    sentence: str


class IndexesLookedAt(Fact, type="advice.looked", topic="queries"):
    """A look at the workload has ended."""

    create: int
    drop: int
    statements: int
    backend: str
