"""Where the pages of files hang."""

from flask import Blueprint

bp = Blueprint("files", __name__, url_prefix="/storage/files")
TOPIC = "files"
