"""Runs coroutines beside Playwright, whose own event loop holds the main thread while a browser is open."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

R = TypeVar("R")


def run_alone(work: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine to its end, in a thread and a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
