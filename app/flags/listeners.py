"""What pages show when a fact about flags arrives.

A row shows its flag in one environment and a page may be on another, so nothing is rendered for all: each page
asks for the rows that changed, with its own environment and filter (static/js/live_query.js).
"""

from app.core import live


def listen() -> None:
    """Let the pages of the installation's flags live."""
    live.topic("flags", permission="flags:write", rows=None, installation=True)
