"""Segments over JSON."""

from app.flags import reads, service
from app.flags.answers import SegmentList, SegmentOut
from app.flags.api.blueprint import api_bp, writing
from app.flags.problems import FlagChanged, SegmentInUse, SegmentNotFound, WrongSegment, WrongTarget
from app.flags.schemas import PutSegment, WhereWhy


@api_bp.get("/segments")
@writing(returns={200: SegmentList})
def list_segments() -> SegmentList:
    """List segments by key."""
    return SegmentList(items=[SegmentOut.model_validate(one) for one in reads.list_segments()])


@api_bp.get("/segments/<key>")
@writing(returns={200: SegmentOut}, problems=[SegmentNotFound])
def show_segment(key: str) -> SegmentOut:
    """Return one segment."""
    return SegmentOut.model_validate(reads.find_segment(key))


@api_bp.put("/segments/<key>")
@writing(body=PutSegment, returns={200: SegmentOut}, problems=[FlagChanged, WrongSegment, WrongTarget])
def save_segment(key: str, body: PutSegment) -> SegmentOut:
    """Make a segment, or edit one; version 0 says that it must not exist yet."""
    return SegmentOut.model_validate(service.save_segment(key, body.fields(), reason=body.reason, version=body.version))


@api_bp.delete("/segments/<key>")
@writing(query=WhereWhy, returns={204: None}, problems=[SegmentNotFound, SegmentInUse])
def archive_segment(key: str, query: WhereWhy) -> None:
    """Take a segment out of use; refused while rules name it."""
    service.archive_segment(key, reason=query.reason)
