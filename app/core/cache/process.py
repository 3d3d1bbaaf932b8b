"""What one process has of the cache: its own copies, its reads under way, what it owes, what it has counted."""

import os
import threading
from dataclasses import dataclass, field

from flask import Flask, current_app

from app.core.cache.debts import Debts
from app.core.cache.figures import Figures
from app.core.cache.flights import Flights
from app.core.cache.near import Near
from app.core.cache.refreshing import Refreshing
from config import Settings

EXTENSION = "quarterdeck-cache"


@dataclass
class Process:
    """One process's part.

    Attributes:
        fallback: Lets a few reads at once to the database while Valkey is away.
        usual_s: Namespace → what its last reads of the database took.
        is_checking: Every value that is kept is read back and compared, as in tests.
    """

    figures: Figures
    fallback: threading.BoundedSemaphore
    settings: Settings
    is_checking: bool
    near: Near = field(default_factory=Near)
    debts: Debts = field(default_factory=Debts)
    flights: Flights = field(default_factory=Flights)
    refreshing: Refreshing = field(default_factory=Refreshing)
    usual_s: dict[str, float] = field(default_factory=dict)


def process() -> Process:
    """Return this app's."""
    found: Process = current_app.extensions[EXTENSION]
    return found


def init_process(app: Flask, settings: Settings) -> None:
    """Give the app its part. A fork begins anew: a lock that another thread held while it was made is never freed there."""

    def begin() -> None:
        fallback = threading.BoundedSemaphore(settings.cache_fallback)
        app.extensions[EXTENSION] = Process(Figures(app), fallback, settings, app.testing)

    begin()
    os.register_at_fork(after_in_child=begin)
