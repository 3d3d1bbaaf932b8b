"""What the file service does by itself: deletes what is to be deleted, reaps what nobody finished."""

from flask import Flask

from app.core import files, live, relay
from app.storage import tasks
from app.storage.service import deleting, own, reaping

__all__ = ["init_service", "tasks"]  # imported for its jobs


def init_service(app: Flask) -> None:
    """Give the relay its duties, and tell open pages of files."""
    live.topic("files", permission="files:read")
    files.keep_with(own.find_kept)
    relay.duty("storage-deleting", deleting.EVERY_S, deleting.delete_due)
    relay.duty("storage-reaping", reaping.EVERY_S, reaping.reap)
