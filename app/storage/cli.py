"""`flask storage …`: each part of storage adds its own commands."""

from flask.cli import AppGroup

storage_cli = AppGroup("storage", help="Stored files: check, move and look after them.")
