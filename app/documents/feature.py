"""Documents as the app meets them."""

from flask import Flask

from app.documents import models


def init_documents(app: Flask) -> None:
    """Register documents."""


__all__ = ["init_documents", "models"]
