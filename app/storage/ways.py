"""The ways in and out over HTTP, as create_app registers them."""

from flask import Flask

from app.storage.api import files, uploads
from app.storage.views import serving, upload


def init_ways(app: Flask) -> None:
    """Take files in, and hand them out."""
    for blueprint in (serving.bp, upload.bp, files.api_bp, uploads.api_bp):
        app.register_blueprint(blueprint)
