"""Switching flags, their shares and their lists."""

from app.flags import service
from app.flags.answers import FeatureOut
from app.flags.api.blueprint import api_bp, takes, writing
from app.flags.problems import (
    FlagChanged,
    FlagNotFound,
    GlobalShare,
    ListTooLong,
    ShareIsPlanned,
    ShareOutOfRange,
    UnknownEnvironment,
    WrongTarget,
)
from app.flags.schemas import ListName, PutList, PutTarget, Rollout, Where, WhereWhy, Why, share_of

# 100,000 ids of 77 characters with their quotes; two million of the shortest ones are refused before they are read.
MAX_LIST_BYTES = 8_000_000
PROBLEMS = [FlagNotFound, FlagChanged, UnknownEnvironment]


@api_bp.post("/features/<key>/enable")
@writing(body=Why, query=Where, returns={200: FeatureOut}, problems=PROBLEMS)
def enable_feature(key: str, body: Why, query: Where) -> FeatureOut:
    """Switch a flag on; a global one at 0 % goes to 100 %."""
    return FeatureOut.of(service.enable(key, environment=query.environment, reason=body.reason, version=body.version))


@api_bp.post("/features/<key>/disable")
@writing(body=Why, query=Where, returns={200: FeatureOut}, problems=PROBLEMS)
def disable_feature(key: str, body: Why, query: Where) -> FeatureOut:
    """Pull the kill switch: everybody gets the off variant."""
    return FeatureOut.of(service.disable(key, environment=query.environment, reason=body.reason, version=body.version))


@api_bp.post("/features/<key>/rollout")
@writing(
    body=Rollout,
    query=Where,
    returns={200: FeatureOut},
    problems=[*PROBLEMS, ShareOutOfRange, GlobalShare, ShareIsPlanned],
)
def roll_out_feature(key: str, body: Rollout, query: Where) -> FeatureOut:
    """Set the percentage of those no earlier step decides about. Raising it never takes it from anybody."""
    share = share_of(body.percentage)
    return FeatureOut.of(
        service.set_percentage(key, share, environment=query.environment, reason=body.reason, version=body.version)
    )


@api_bp.post("/features/<key>/allow")
@writing(body=PutTarget, query=Where, returns={200: FeatureOut}, problems=[*PROBLEMS, ListTooLong, WrongTarget])
def allow_target(key: str, body: PutTarget, query: Where) -> FeatureOut:
    """Put a target on the allow list, and take it off the block list."""
    return FeatureOut.of(service.allow(key, body.target_id, environment=query.environment, reason=body.reason))


@api_bp.post("/features/<key>/block")
@writing(body=PutTarget, query=Where, returns={200: FeatureOut}, problems=[*PROBLEMS, ListTooLong, WrongTarget])
def block_target(key: str, body: PutTarget, query: Where) -> FeatureOut:
    """Put a target on the block list, and take it off the allow list."""
    return FeatureOut.of(service.block(key, body.target_id, environment=query.environment, reason=body.reason))


@api_bp.delete("/features/<key>/allow/<path:target_id>")
@writing(query=WhereWhy, returns={200: FeatureOut}, problems=[*PROBLEMS, WrongTarget])
def forget_allowed(key: str, target_id: str, query: WhereWhy) -> FeatureOut:
    """Take a target off the allow list; one that is not on it changes nothing."""
    return FeatureOut.of(
        service.remove_from_list(key, "allow", target_id, environment=query.environment, reason=query.reason)
    )


@api_bp.delete("/features/<key>/block/<path:target_id>")
@writing(query=WhereWhy, returns={200: FeatureOut}, problems=[*PROBLEMS, WrongTarget])
def forget_blocked(key: str, target_id: str, query: WhereWhy) -> FeatureOut:
    """Take a target off the block list; one that is not on it changes nothing."""
    return FeatureOut.of(
        service.remove_from_list(key, "block", target_id, environment=query.environment, reason=query.reason)
    )


@api_bp.put("/features/<key>/lists/<any(allow,block):name>")
@takes(MAX_LIST_BYTES)
@writing(body=PutList, query=Where, returns={200: FeatureOut}, problems=[*PROBLEMS, ListTooLong, WrongTarget])
def replace_list(key: str, name: ListName, body: PutList, query: Where) -> FeatureOut:
    """Make a list be exactly these targets."""
    return FeatureOut.of(
        service.replace_list(key, name, body.targets, environment=query.environment, reason=body.reason)
    )
