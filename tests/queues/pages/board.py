"""What the tests of queues' pages share: jobs that wait, a look at the queues, pauses that do not outlive the test."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.core.db import transaction
from app.core.installation import installation
from app.core.jobs import holds
from app.queues.figures.samples import keep_figures
from tests.queues import chores
from tests.world import Person

QUEUE = "maintenance"  # of the tests' own jobs


def let_wait(person: Person, count: int = 1, title: str = "Count up", **options: object) -> list[str]:
    """Queue jobs that nobody takes, for there is no relay and no worker."""
    with person.acting(), transaction():
        return [
            chores.count_up.enqueue(number + 1, title=f"{title} {number + 1}", **options) for number in range(count)
        ]


def look_at_queues(person: Person) -> None:
    """Let the figures be read, as the relay does every five seconds."""
    with person.app.app_context():
        keep_figures()


@contextmanager
def paused(pat: Person, queue: str = QUEUE, **fields: object) -> Iterator[str]:
    """Pause a queue for the length of a block; give the pause's id."""
    answer = pat.post(f"/api/queues/{queue}/pause", json=fields)
    assert answer.status_code == 200, answer.text
    know_holds(pat)
    try:
        yield answer.json["id"]
    finally:
        let_flow(pat, queue)


def let_flow(pat: Person, queue: str = QUEUE) -> None:
    """Resume a queue, whether it is paused or not."""
    assert pat.delete(f"/api/queues/{queue}/pause").status_code == 204
    know_holds(pat)


def know_holds(pat: Person) -> None:
    """Let this process know the pauses at once, as it does when it is told."""
    with pat.app.app_context(), installation():
        holds.refresh(0)


def row_of(html: str, row_id: str) -> str:
    """Return one row of a page."""
    return html.split(f'id="{row_id}"')[1].split("</tr>", maxsplit=1)[0]
