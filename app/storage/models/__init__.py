"""The tables of storage."""

from app.storage.models.care import Connection, StorageCheck, StorageFinding
from app.storage.models.files import StoredFile
from app.storage.models.moving import Migration, Move, Routing
from app.storage.models.usage import (
    AllCount,
    AllDay,
    Price,
    Quota,
    UsageCount,
    UsageDay,
    UsageDelta,
    UsageTotal,
)

__all__ = [
    "AllCount", "AllDay", "Connection", "Migration", "Move", "Price", "Quota", "Routing", "StorageCheck", "StorageFinding", "StoredFile",
    "UsageCount", "UsageDay", "UsageDelta", "UsageTotal",
]  # fmt: skip
