"""What happened as a person would say it: `Inês Duarte switched vision-analysis off in production`.

Each type of fact has its words in one of the files here; they follow the name of who did it.
"""

from app.audit.sentences import (
    bulk,
    caching,
    commerce,
    control,
    indexes,
    knowing,
    people,
    queries,
    queues,
    schedules,
    storage,
    storage_care,
    work,
    workers,
)
from app.audit.sentences.words import PREDICATES, Data, in_words

__all__ = [
    "PREDICATES",
    "Data",
    "bulk",
    "caching",
    "commerce",
    "control",
    "indexes",
    "knowing",
    "people",
    "queries",
    "queues",
    "say",
    "schedules",
    "storage",
    "storage_care",
    "work",
    "workers",
]


def say(type_: str, data: Data) -> str:
    """Return what was done, to follow the name of who did it; a type nobody wrote words for reads well enough.

    Old facts may lack what today's hold, so words that cannot be made fall back as well.
    """
    found = PREDICATES.get(type_)
    if found is None:
        return in_words(type_)
    try:
        return found(data)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return in_words(type_)
