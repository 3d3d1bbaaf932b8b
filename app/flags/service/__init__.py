"""Acts on flags and segments, inside the installation; each a transaction of its own."""

from app.flags.service.definitions import archive_flag, create_flag, edit_flag
from app.flags.service.history import revert
from app.flags.service.lists import allow, block, remove_from_list, replace_list
from app.flags.service.segments import archive_segment, save_segment
from app.flags.service.settings import (
    disable,
    enable,
    set_percentage,
    set_prerequisites,
    set_rules,
    set_settings,
    set_split,
)
from app.flags.service.whole import Imported, configure_flag, import_flags

__all__ = [
    "Imported",
    "allow",
    "archive_flag",
    "archive_segment",
    "block",
    "configure_flag",
    "create_flag",
    "disable",
    "edit_flag",
    "enable",
    "import_flags",
    "remove_from_list",
    "replace_list",
    "revert",
    "save_segment",
    "set_percentage",
    "set_prerequisites",
    "set_rules",
    "set_settings",
    "set_split",
]
