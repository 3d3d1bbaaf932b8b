"""Registers the audit."""

from flask import Flask

from app.audit import models

__all__ = ["init_audit", "models"]  # imported for the tables


def init_audit(app: Flask) -> None:
    """Serve the audit."""
