"""Mails that carry a single-use link, sent by a job so that no request waits for a mail server."""

from typing import Any

from app.core import tasks


def send(name: str, args: dict[str, Any], *, title: str) -> str:
    """Queue the job that makes the link and mails it, inside the current transaction; return its id.

    Raises:
        JobQueuesOff: Jobs are switched off here.
    """
    return tasks.enqueue(name, args, title=title)
