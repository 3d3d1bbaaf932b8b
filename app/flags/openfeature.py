"""The product's flags as an OpenFeature provider, for code in these processes that speaks OpenFeature.

    from openfeature import api
    api.set_provider(QuarterdeckProvider())
    api.get_client().get_boolean_value("bulk-operations", False, EvaluationContext("ada"))

It answers from the process's table: no network, no lock, no thread of its own. Providers elsewhere use OFREP.
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol, TypeVar, cast

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata, ProviderStatus
from openfeature.track import TrackingEventDetails

from app.flags.engine.model import Evaluation
from app.flags.engine.model import Reason as OurReason

Attributes = Mapping[str, Any]  # Any: whatever the caller knows about the target
T = TypeVar("T")
_REASONS = {reason.value: reason for reason in Reason}
_CODES = {code.value: code for code in ErrorCode}
_NO_METADATA: Mapping[str, Any] = MappingProxyType({})
_METADATA = Metadata(name="quarterdeck")


Changed = Callable[[frozenset[str]], None]


class Freshness(Protocol):
    """How fresh the flags of a process are."""

    @property
    def source(self) -> str:
        """Where they come from; “nothing” when they have not been loaded yet."""

    @property
    def is_stale(self) -> bool:
        """Whether they may be out of date."""


class Source(Protocol):
    """Where the process keeps its flags: `app.flags.use` has exactly this."""

    def evaluate(self, key: str, target: str | Attributes) -> Evaluation:
        """Answer for a targeting key or a context; the reason is STALE while the flags may be out of date."""

    def status(self) -> Freshness:
        """Return how fresh the flags are."""

    def on_change(self, callback: Changed) -> Callable[[], None]:
        """Call back with the keys that changed after each new table, and return what ends that."""

    def track(self, event: str, target: str | Attributes, value: float | None = None) -> None:
        """Note that something a flag may have caused has happened."""


class QuarterdeckProvider(AbstractProvider):
    """Resolves flags from the table of this process.

    Args:
        source: Where the flags are; by default the process's own.
    """

    def __init__(self, source: Source | None = None) -> None:
        super().__init__()
        self._source = source or _own_source()
        self._ask = self._source.evaluate
        self._told = ProviderStatus.READY
        self._forget: Callable[[], None] | None = None

    def get_metadata(self) -> Metadata:
        """Return the provider's name."""
        return _METADATA

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Listen for changes; the SDK tells READY once this returns.

        Raises:
            ProviderNotReadyError: The process has no flags yet, not even from its disk. READY follows them.
        """
        self._forget = self._source.on_change(self._changed)
        if self._source.status().source == "nothing":
            self._told = ProviderStatus.ERROR
            raise ProviderNotReadyError("This process has not loaded its flags yet.")

    def shutdown(self) -> None:
        """Stop listening; evaluation itself holds nothing."""
        forget, self._forget = self._forget, None
        if forget is not None:
            forget()

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,  # noqa: FBT001 — the interface's
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """Resolve true or false."""
        made = self._evaluate(flag_key, evaluation_context)
        if made.error is None and made.value.__class__ is bool:
            return self._resolved(made, made.value)
        return self._unresolved(made, default_value, "true or false")

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Resolve a text."""
        made = self._evaluate(flag_key, evaluation_context)
        if made.error is None and made.value.__class__ is str:
            return self._resolved(made, made.value)
        return self._unresolved(made, default_value, "text")

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Resolve a whole number; 10.0 is one."""
        made = self._evaluate(flag_key, evaluation_context)
        value = made.value
        if made.error is None and (value.__class__ is int or (isinstance(value, float) and value.is_integer())):
            return self._resolved(made, int(value))
        return self._unresolved(made, default_value, "a whole number")

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Resolve a number, whole or not, as a float."""
        made = self._evaluate(flag_key, evaluation_context)
        value = made.value
        if made.error is None and (value.__class__ is float or value.__class__ is int):
            return self._resolved(made, float(value))
        return self._unresolved(made, default_value, "a number")

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """Resolve an object or a list."""
        made = self._evaluate(flag_key, evaluation_context)
        if made.error is None and isinstance(made.value, dict | list):
            return self._resolved(made, made.value)
        return self._unresolved(made, default_value, "an object")

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Hand a tracked event to the process's flags, which know what each target was given."""
        value = tracking_event_details.value if tracking_event_details else None
        self._source.track(tracking_event_name, read_context(evaluation_context), value)

    def _evaluate(self, key: str, context: EvaluationContext | None) -> Evaluation:
        if context is not None and context.targeting_key and not context.attributes:
            return self._ask(key, context.targeting_key)
        return self._ask(key, read_context(context))

    def _resolved(self, made: Evaluation, value: Any) -> FlagResolutionDetails[Any]:
        status = ProviderStatus.STALE if made.reason is OurReason.STALE else ProviderStatus.READY
        if status is not self._told:
            self._tell(status)
        metadata = MappingProxyType(made.metadata) if made.metadata else _NO_METADATA
        return FlagResolutionDetails(value, None, None, _REASONS[made.reason], made.variant, metadata)

    def _unresolved(self, made: Evaluation, default: T, wanted: str) -> FlagResolutionDetails[T]:
        if made.error is not None:
            code = _CODES.get(made.error, ErrorCode.GENERAL)
            return FlagResolutionDetails(default, code, made.detail, Reason.ERROR)
        if made.value is None:
            return self._resolved(made, default)
        detail = f"“{made.key}” has the variant “{made.variant}”, which is not {wanted}."
        return FlagResolutionDetails(default, ErrorCode.TYPE_MISMATCH, detail, Reason.ERROR)

    def _changed(self, keys: frozenset[str]) -> None:
        self._tell(ProviderStatus.STALE if self._source.status().is_stale else ProviderStatus.READY)
        self.emit_provider_configuration_changed(ProviderEventDetails(flags_changed=sorted(keys)))

    def _tell(self, status: ProviderStatus) -> None:
        """Emit STALE once when the flags begin to be out of date, and READY once when they no longer are."""
        if status is self._told:
            return
        self._told = status
        if status is ProviderStatus.STALE:
            self.emit_provider_stale(ProviderEventDetails(message="The last good copy of the flags answers."))
        else:
            self.emit_provider_ready(ProviderEventDetails())


def read_context(context: EvaluationContext | None) -> Attributes:
    """Return an OpenFeature context as the engine's attributes."""
    if context is None:
        return {}
    if context.targeting_key is None:
        return context.attributes
    return {**context.attributes, "targetingKey": context.targeting_key}


def _own_source() -> Source:
    from app.flags import use

    return cast("Source", use)
