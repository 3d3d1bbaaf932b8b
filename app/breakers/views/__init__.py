"""The pages of breakers."""

from app.breakers.views import acts, index, limits
from app.breakers.views.blueprint import bp

__all__ = ["acts", "bp", "index", "limits"]
