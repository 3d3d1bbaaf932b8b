"""What can be wrong with a flag or with what is asked of one."""

from app.core.errors import NotFound, Problem, VersionConflict


class FeatureOff(Problem, code="feature-off", status=403):
    """This is switched off for you. The flag “{key}” decides who may use it; ask the people who run this installation."""

    key: str


class FlagNotFound(NotFound, code="flag-not-found", status=404):
    """There is no flag “{key}”. It may have been archived; look at the list of flags for how it is spelled."""

    key: str


class SegmentNotFound(NotFound, code="segment-not-found", status=404):
    """There is no segment “{key}”. It may have been archived; look at the list of segments."""

    key: str


class ChangeNotFound(NotFound, code="flag-change-not-found", status=404):
    """There is no such change of a flag. Its history lists the ids."""


class UnknownEnvironment(Problem, code="flag-environment-unknown", status=422):
    """There is no environment “{environment}”. Use one of: {known}; the setting FLAG_ENVIRONMENTS names them."""

    environment: str
    known: str


class FlagTaken(Problem, code="flag-taken", status=409):
    """There is a flag “{key}” already. Choose another key; the key of an archived flag is not free either, or its old answers and history would seem to be the new one's."""

    key: str


class FlagChanged(VersionConflict, code="flag-changed", status=409):
    """Somebody changed this flag meanwhile. You worked on version {yours}, it is now version {current}; look at what changed and decide again."""


class FlagIsBuiltIn(Problem, code="flag-built-in", status=409):
    """The flag “{key}” belongs to the product. Its {what} cannot be changed; switch it, target it and roll it out as you like."""

    key: str
    what: str


class FlagInUse(Problem, code="flag-in-use", status=409):
    """The flag “{key}” is a prerequisite of {users}. Take it out there first."""

    key: str
    users: str


class SegmentInUse(Problem, code="segment-in-use", status=409):
    """The segment “{key}” is used by {users}. Take it out of their rules first."""

    key: str
    users: str


class CannotRevert(Problem, code="flag-cannot-revert", status=409):
    """This change cannot be taken back. {reason}"""

    reason: str
    moved: list[str]


class ShareOutOfRange(Problem, code="flag-share-out-of-range", status=422):
    """A percentage is a number from 0 to 100, in steps of 0.001. Send one such as 25 or 12.5."""


class GlobalShare(Problem, code="flag-share-of-global", status=422):
    """A global flag is all or nothing: use 0 or 100. To reach a part, edit its definition and choose the scope company or user."""


class ShareIsPlanned(Problem, code="flag-share-planned", status=409):
    """The share of “{key}” in {environment} belongs to the rollout {rollout}, which is {state}. Cancel it first, then set the share; the switch works all the while, and holding the rollout keeps the share where it is."""

    key: str
    environment: str
    rollout: str
    state: str


class UnknownVariant(Problem, code="flag-variant-unknown", status=422):
    """There is no variant “{variant}”. This flag has: {known}."""

    variant: str
    known: str


class WrongVariants(Problem, code="flag-variants-wrong", status=422):
    """These variants cannot be used. {reason}"""

    reason: str


class WrongValue(Problem, code="flag-value-wrong", status=422):
    """Some value cannot be kept. A text may not hold the character NUL, and a number has to have an end."""


class WrongSplit(Problem, code="flag-split-wrong", status=422):
    """This split cannot be used. {reason}"""

    reason: str


class WrongRule(Problem, code="flag-rule-wrong", status=422):
    """Rule {rule} cannot be used. {reason}"""

    rule: str
    reason: str


class WrongSegment(Problem, code="segment-wrong", status=422):
    """This segment cannot be used. {reason}"""

    reason: str


class WrongTargeting(Problem, code="flag-targeting-wrong", status=422):
    """This targeting cannot be used. {reason}"""

    reason: str


class UnknownSegment(Problem, code="flag-segment-unknown", status=422):
    """There is no segment “{segment}”. Make it first, or take it out of the rule."""

    segment: str


class UnknownPrerequisite(Problem, code="flag-prerequisite-unknown", status=422):
    """There is no flag “{flag}” to wait for. Make it first, or take it out of the prerequisites."""

    flag: str


class PrerequisiteCycle(Problem, code="flag-prerequisite-cycle", status=422):
    """These flags would wait for each other: {path}. Take one of them out."""

    path: str


class TooManyPrerequisites(Problem, code="flag-prerequisites-too-many", status=422):
    """“{flag}” would wait for too many flags. A flag takes at most {most} prerequisites, and at most {deep} evaluations with those behind them."""

    flag: str
    most: int
    deep: int


class ListTooLong(Problem, code="flag-list-too-long", status=422):
    """A list holds at most {most} targets, and this would make it {count}. Use a percentage, a rule or a company-scoped flag for so many."""

    count: int
    most: int


class WrongTarget(Problem, code="flag-target-wrong", status=422):
    """A target is a name or id of 1 to 200 characters. Number {number} of these is none."""

    number: int


class WrongImport(Problem, code="flag-import-wrong", status=422):
    """This document cannot be imported. Each fault below says where and why; nothing was changed."""

    errors: list[dict[str, str]]
