"""A process that makes a child for each point of an upload, which kills itself there, as the out-of-memory killer does.

    python -m tests.faults.dying_uploader COMPANY_ID

The app is made once, before any connection is; then each child uploads through the real service. What dies is named
as the file it worked on. Prints a line for each point: its name and how its child ended.
"""

import io
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app import create_app
from app.core import clock
from app.core.tenancy import acting_for
from app.storage import providers
from app.storage.guarded import Guarded
from app.storage.models import StoredFile
from app.storage.service import complete as completing
from app.storage.service import deleting, reaping, sending, trash
from app.storage.service.reserve import NewFile, reserve
from app.storage.service.steps import step
from app.storage.states import Category, State

BODY = b"all the boats are in. " * 20_000
PARTS = (b"part one " * 600_000, b"and part two")
POINTS: dict[str, Callable[[str], None]] = {}


def die(*args: Any, **kwargs: Any) -> None:
    """End as nobody can prevent."""
    os.kill(os.getpid(), signal.SIGKILL)


def point(name: str) -> Callable[[Callable[[str], None]], Callable[[str], None]]:
    """Register where a child dies."""

    def register(function: Callable[[str], None]) -> Callable[[str], None]:
        POINTS[name] = function
        return function

    return register


def die_before(owner: Any, name: str) -> None:
    setattr(owner, name, die)


def die_after(owner: Any, name: str) -> None:
    whole = getattr(owner, name)

    @wraps(whole)
    def last(*args: Any, **kwargs: Any) -> None:
        whole(*args, **kwargs)
        die()

    setattr(owner, name, last)


def die_at_commit(number: int) -> None:
    """Die in the middle of the commit of so many changes of files."""
    seen = [0]

    @event.listens_for(Session, "before_commit")
    def count(session: Session) -> None:
        if session.info.get("in_transaction") and session.info.get("wrote"):
            seen[0] += 1
            session.info.pop("wrote")
            if seen[0] == number:
                die()

    @event.listens_for(Session, "do_orm_execute")
    def note_statement(state: Any) -> None:
        if state.is_update or state.is_delete:
            state.session.info["wrote"] = True

    @event.listens_for(Session, "after_flush")
    def note_flush(session: Session, context: Any) -> None:
        if any(isinstance(row, StoredFile) for row in session.new):
            session.info["wrote"] = True


class Breaking(io.BytesIO):
    """A body whose reader dies at a byte."""

    def __init__(self, at: int) -> None:
        super().__init__(BODY)
        self.at = at

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.at:
            die()
        return super().read(min(size if size and size > 0 else len(BODY), 65_536))


class Trickle(Breaking):
    """The same from a socket: no way back, so it goes as it comes."""

    def seekable(self) -> bool:
        return False


def new(name: str, size: int = len(BODY)) -> NewFile:
    return NewFile(f"{name}.txt", Category.DOCUMENTS, size_bytes=size)


def keep(name: str) -> StoredFile:
    return sending.keep(new(name), io.BytesIO(BODY))


def put(row: StoredFile) -> None:
    providers.provider(row.provider).put(
        row.key, io.BytesIO(BODY), size_bytes=len(BODY), content_type="text/plain"
    )  # fmt: skip


@point("reserve-before-commit")
def reserve_before_commit(name: str) -> None:
    die_at_commit(1)
    keep(name)


@point("reserve-after-commit")
def reserve_after_commit(name: str) -> None:
    die_before(Guarded, "put")
    keep(name)


@point("first-bytes")
def first_bytes(name: str) -> None:
    sending.keep(new(name), Trickle(70_000))  # type: ignore[arg-type]


@point("middle-bytes")
def middle_bytes(name: str) -> None:
    sending.keep(new(name), Trickle(len(BODY) // 2))  # type: ignore[arg-type]


@point("last-byte")
def last_byte(name: str) -> None:
    sending.keep(new(name), Trickle(len(BODY)))  # type: ignore[arg-type]
    die()


@point("in-spool")
def in_spool(name: str) -> None:
    sending.keep_unknown(new(name), Breaking(len(BODY) // 2))


@point("put-before-settle")
def put_before_settle(name: str) -> None:
    die_after(Guarded, "put")
    keep(name)


@point("settle-before-commit")
def settle_before_commit(name: str) -> None:
    die_at_commit(2)
    keep(name)


@point("settle-after-commit")
def settle_after_commit(name: str) -> None:
    keep(name)
    die()


@point("direct-never-completed")
def direct_never_completed(name: str) -> None:
    put(reserve(new(name)))
    die()


@point("complete-after-stat")
def complete_after_stat(name: str) -> None:
    row = reserve(new(name))
    put(row)
    die_after(Guarded, "stat")
    completing.complete(row.id)


@point("complete-uploaded")
def complete_uploaded(name: str) -> None:
    row = reserve(new(name))
    put(row)
    die_before(completing, "verify")
    completing.complete(row.id)


@point("complete-while-reading")
def complete_while_reading(name: str) -> None:
    row = reserve(new(name))
    put(row)
    die_before(completing, "settle")
    completing.complete(row.id)


def begin_parts(name: str) -> tuple[StoredFile, str]:
    row = reserve(new(name, sum(map(len, PARTS))))
    upload = providers.provider(row.provider).begin_multipart(row.key, "text/plain")
    return row, upload


def put_parts(row: StoredFile, upload: str, count: int) -> StoredFile:
    found = step(row, State.PENDING, upload_id=upload, part_bytes=len(PARTS[0]))
    assert found is not None
    for number, part in enumerate(PARTS[:count], 1):
        providers.provider(row.provider).put_part(row.key, upload, number, io.BytesIO(part), size_bytes=len(part))
    return found


@point("parts-begun-and-not-noted")
def parts_begun(name: str) -> None:
    begin_parts(name)
    die()


@point("between-parts")
def between_parts(name: str) -> None:
    put_parts(*begin_parts(name), 1)
    die()


@point("parts-all-there")
def parts_all_there(name: str) -> None:
    put_parts(*begin_parts(name), 2)
    die()


@point("parts-put-together")
def parts_put_together(name: str) -> None:
    row = put_parts(*begin_parts(name), 2)
    die_after(Guarded, "complete_multipart")
    completing.complete(row.id)


@point("trash-before-commit")
def trash_before_commit(name: str) -> None:
    row = keep(name)
    die_at_commit(1)
    trash.trash([row.id])


@point("trash-after-commit")
def trash_after_commit(name: str) -> None:
    trash.trash([keep(name).id])
    die()


@point("delete-before-object")
def delete_before_object(name: str) -> None:
    trash.purge([keep(name).id])
    die_before(Guarded, "delete")
    deleting.delete_due()


@point("delete-after-object")
def delete_after_object(name: str) -> None:
    trash.purge([keep(name).id])
    die_after(Guarded, "delete")
    deleting.delete_due()


@point("reap-before-deleting")
def reap_before_deleting(name: str) -> None:
    row = reserve(new(name))
    put(row)
    step(row, State.PENDING, expires_at=clock.now() - timedelta(hours=1))
    die_before(reaping, "delete_due")
    reaping.reap()


@point("discard-before-object")
def discard_before_object(name: str) -> None:
    row = reserve(new(name))
    put(row)
    die_before(Guarded, "delete")
    deleting.discard(row)


def main() -> None:
    """Make the children, one after the other."""
    app = create_app()
    company_id = int(sys.argv[1])
    for name, work in POINTS.items():
        child = os.fork()
        if not child:
            with app.app_context(), acting_for(company_id):
                work(name)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(name, os.WTERMSIG(status) if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}", flush=True)


if __name__ == "__main__":
    main()
