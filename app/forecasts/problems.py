"""What can be wrong with an act on a forecast."""

from app.core.errors import Problem


class NoForecast(Problem, code="no-forecast", status=404):
    """There is no forecast of {sku} yet. They are made each night from the orders of full weeks."""

    sku: str


class NoProposal(Problem, code="no-proposal", status=409):
    """No reorder point is proposed for {sku} now. It was decided already, or the forecast changed; look again."""

    sku: str


class PointChanged(Problem, code="reorder-point-changed", status=409):
    """The reorder point of {sku} is {current} and not {before} any more. Somebody changed it after the proposal was made; look again."""

    sku: str
    before: int
    current: int


class NoWriter(Problem, code="no-writer", status=409):
    """No model writes texts here. Set AI_BASE_URL and AI_MODEL to one that speaks the OpenAI protocol."""


class WriterFailed(Exception):
    """The model's service answered with an error, or with something that is no text."""
