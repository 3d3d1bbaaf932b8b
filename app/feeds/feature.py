"""Partners' feeds as the app meets them."""

from flask import Flask

from app.feeds import models


def init_feeds(app: Flask) -> None:
    """Register feeds."""


__all__ = ["init_feeds", "models"]
