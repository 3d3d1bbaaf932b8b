"""Macros that write the same for the same arguments are asked once: `{% set icon = kept(icon) %}` below the macro.

Such a macro knows no reader, no request and no clock, and takes only arguments that can be a key: names, figures,
frozen rows. A page of fifty rows calls hundreds of them, and a list is read again long before its rows change.
"""

from collections.abc import Callable
from functools import lru_cache

from flask import Flask
from markupsafe import Markup

MOST = 2048  # of each macro; a row of a list is about 1 KB


def init_kept(app: Flask) -> None:
    """Give templates `kept`. In debug mode nothing is, because a template that changes is read again."""
    app.jinja_env.globals["kept"] = (lambda macro: macro) if app.debug else keep


def keep(macro: Callable[..., Markup]) -> Callable[..., Markup]:
    """Ask a macro once for the same arguments of the same types: a text that equals some Markup is not that Markup."""
    return lru_cache(maxsize=MOST, typed=True)(macro)
