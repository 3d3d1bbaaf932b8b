"""Flags over JSON, at /api/degradation/features and /api/degradation/segments."""

from app.flags.api import acts, editing, features, segments, transfer
from app.flags.api.blueprint import api_bp

__all__ = ["acts", "api_bp", "editing", "features", "segments", "transfer"]  # imported for their routes
