"""The finite set of answers a flag can give, made once: an evaluation picks one by its number."""

from app.flags.engine.context import OWN_ATTRIBUTE, TARGETING_KEY
from app.flags.engine.model import Decider, ErrorCode, Evaluation, Flag, FlagType, Reason


class Answers:
    """Builds the answers of one flag; the same answer has one number."""

    def __init__(self, flag: Flag) -> None:
        self.flag = flag
        self.all: list[Evaluation] = []
        self._numbers: dict[tuple[object, ...], int] = {}

    def give(self, variant: str | None, reason: Reason, decider: Decider, rule: str | None = None) -> int:
        """Return the number of an answer."""
        return self._number(answer(self.flag, variant, reason, decider, rule))

    def missing_key(self) -> int:
        """Return the number of the error of a draw without anything to draw by."""
        return self._number(missing_key(self.flag))

    def unknown_variant(self) -> int:
        """Return the number of the error of targeting that names a variant the flag does not have."""
        return self._number(unknown_variant(self.flag))

    def broken_targeting(self) -> int:
        """Return the number of the error of targeting that cannot be read."""
        return self._number(broken_targeting(self.flag))

    def _number(self, made: Evaluation) -> int:
        identity = (made.variant, made.reason, made.decider, made.rule, made.error, made.detail)
        if identity not in self._numbers:
            self._numbers[identity] = len(self.all)
            self.all.append(made)
        return self._numbers[identity]


def answer(flag: Flag, variant: str | None, reason: Reason, decider: Decider, rule: str | None = None) -> Evaluation:
    """Return the answer with this variant; a variant the flag does not have is an error of its definition."""
    if variant is not None and variant not in flag.variants:
        return unknown_variant(flag)
    value = None if variant is None else flag.variants[variant]
    return Evaluation(flag.key, value, variant, reason, decider, rule, metadata=flag.metadata)


def failure(flag: Flag, code: ErrorCode, detail: str) -> Evaluation:
    """Return the off variant with an error: never a draw without a key, never an exception."""
    off = flag.off_variant if flag.off_variant in flag.variants else None
    value = None if off is None else flag.variants[off]
    return Evaluation(flag.key, value, off, Reason.ERROR, error=code, detail=detail, metadata=flag.metadata)


def missing_key(flag: Flag) -> Evaluation:
    """Return the error of a draw without anything to draw by."""
    own = OWN_ATTRIBUTE[flag.scope]
    wanted = f"“{TARGETING_KEY}”" if own == TARGETING_KEY else f"“{own}” or “{TARGETING_KEY}”"
    return failure(flag, ErrorCode.TARGETING_KEY_MISSING, f"“{flag.key}” draws by {wanted}, and the context has none.")


def unknown_variant(flag: Flag) -> Evaluation:
    """Return the error of a definition that names a variant the flag does not have."""
    return failure(flag, ErrorCode.GENERAL, f"“{flag.key}” names a variant that it does not have.")


def broken_targeting(flag: Flag) -> Evaluation:
    """Return the error of targeting that cannot be read."""
    return failure(flag, ErrorCode.PARSE_ERROR, f"The targeting of “{flag.key}” cannot be read.")


def unknown_flag(key: str) -> Evaluation:
    """Return the error for a flag that is not in the snapshot."""
    return Evaluation(
        key, None, None, Reason.ERROR, error=ErrorCode.FLAG_NOT_FOUND, detail=f"There is no flag “{key}”."
    )


def is_on(flag: Flag, made: Evaluation) -> bool:
    """Return whether an answer counts as on: true, or for other types any variant but the off one."""
    if made.error is not None:
        return False
    if flag.type is FlagType.BOOLEAN:
        return made.value is True
    return made.variant is not None and made.variant != flag.off_variant
