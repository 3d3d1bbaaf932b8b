"""Making flags, editing them, taking changes back."""

from app.core.errors import InvalidInput
from app.flags import service
from app.flags.answers import FeatureOut
from app.flags.api.blueprint import api_bp, writing
from app.flags.problems import (
    CannotRevert,
    ChangeNotFound,
    FlagChanged,
    FlagInUse,
    FlagIsBuiltIn,
    FlagNotFound,
    FlagTaken,
    GlobalShare,
    PrerequisiteCycle,
    ShareIsPlanned,
    TooManyPrerequisites,
    UnknownEnvironment,
    UnknownPrerequisite,
    UnknownSegment,
    UnknownVariant,
    WrongRule,
    WrongSplit,
    WrongVariants,
)
from app.flags.schemas import NewFeature, PutSettings, Where, WhereWhy, Why

WRONG = [GlobalShare, UnknownVariant, WrongVariants, WrongSplit, WrongRule, UnknownSegment]
WAITS = [UnknownPrerequisite, PrerequisiteCycle, TooManyPrerequisites]


@api_bp.post("/features")
@writing(body=NewFeature, returns={201: FeatureOut}, problems=[FlagTaken, InvalidInput, *WRONG])
def create_feature(body: NewFeature) -> FeatureOut:
    """Make a flag. It is off everywhere until somebody switches it on."""
    return FeatureOut.of(service.create_flag(body.key, body.definition(), reason=body.reason))


@api_bp.put("/features/<key>/settings")
@writing(
    body=PutSettings,
    query=Where,
    returns={200: FeatureOut},
    problems=[FlagNotFound, FlagChanged, FlagIsBuiltIn, ShareIsPlanned, UnknownEnvironment, *WRONG, *WAITS],
)
def edit_feature(key: str, body: PutSettings, query: Where) -> FeatureOut:
    """Edit a flag. What is left out stays; send the version you looked at, and a newer one is refused with 409."""
    detail = service.configure_flag(
        key, body.definition(), body.settings(), environment=query.environment, reason=body.reason,
        version=body.version,
    )  # fmt: skip
    return FeatureOut.of(detail)


@api_bp.delete("/features/<key>")
@writing(query=WhereWhy, returns={200: FeatureOut}, problems=[FlagNotFound, FlagInUse, FlagIsBuiltIn])
def archive_feature(key: str, query: WhereWhy) -> FeatureOut:
    """Take a flag out of use. Whoever asks for it gets their own default; its revert brings it back."""
    return FeatureOut.of(service.archive_flag(key, reason=query.reason))


@api_bp.post("/features/<key>/versions/<version_id>/revert")
@writing(body=Why, returns={200: FeatureOut}, problems=[ChangeNotFound, CannotRevert, GlobalShare, ShareIsPlanned])
def revert_change(key: str, version_id: str, body: Why) -> FeatureOut:
    """Take one change back, as long as nothing touched the same since."""
    return FeatureOut.of(service.revert(version_id, key=key, reason=body.reason))
