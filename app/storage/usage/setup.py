"""What create_app registers of usage."""

from flask import Flask

from app.core import relay
from app.storage.usage import fold


def init_usage(_app: Flask) -> None:
    """Count, and follow the days."""
    relay.duty("storage-fold", fold.EVERY_S, fold.fold)
