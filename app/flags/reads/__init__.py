"""Questions about flags, inside the installation."""

from app.flags.reads.counts import CountPoint, counts, counts_by_flag
from app.flags.reads.detail import FlagDetail, find_flag, percent_of
from app.flags.reads.history import ChangeEntry, ChangePage, list_versions
from app.flags.reads.listing import FlagPage, View, list_flags
from app.flags.reads.segments import SegmentDetail, find_segment, list_segments
from app.flags.reads.stale import StaleFlag, stale_flags
from app.flags.reads.targets import TargetPage, list_targets

__all__ = [
    "ChangeEntry",
    "ChangePage",
    "CountPoint",
    "FlagDetail",
    "FlagPage",
    "SegmentDetail",
    "StaleFlag",
    "TargetPage",
    "View",
    "counts",
    "counts_by_flag",
    "find_flag",
    "find_segment",
    "list_flags",
    "list_segments",
    "list_targets",
    "list_versions",
    "percent_of",
    "stale_flags",
]
