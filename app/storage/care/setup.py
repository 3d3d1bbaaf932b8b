"""What create_app registers of looking after files."""

from flask import Flask

from app.core import live
from app.storage.care import cli, tasks

__all__ = ["cli", "init_care", "tasks"]  # imported for the commands and the jobs


def init_care(app: Flask) -> None:
    """Serve the doctor, the checks, and the page of providers."""
    live.topic("storage", permission="storage:read", installation=True)
