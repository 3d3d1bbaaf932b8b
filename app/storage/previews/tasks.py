"""The job that makes a file's preview, and what queues it: the transaction that makes the file ready."""

import io
from typing import Any

from app.core import tasks
from app.core.setting import current_settings
from app.core.tasks import job
from app.storage.models import StoredFile
from app.storage.previews.draw import DRAWABLE, SIDE, Drawn, draw
from app.storage.previews.lines import READ_BYTES, READABLE, first_lines
from app.storage.reads.files import look_for_file
from app.storage.reads.variants import find_variant
from app.storage.service import opening, sending, settle
from app.storage.service.reserve import NewFile
from app.storage.service.spool import spooled
from app.storage.service.steps import step
from app.storage.states import Category, State, Visibility

MOST_DRAWN_BYTES = 64 << 20  # it is fetched as a whole
FOLDERS = frozenset({Category.PRODUCTS, Category.PROFILES, Category.DOCUMENTS, Category.EXPORTS, Category.REPORTS})
THUMB = f"thumb-{SIDE}"
PREVIEW = "preview"


@settle.on_ready
def ask_for_preview(row: StoredFile) -> None:
    """Queue the preview of a file that people look at and that has something to see."""
    if not current_settings().enable_job_queues or row.parent_id or row.category not in FOLDERS:
        return
    if row.content_type in READABLE or (row.content_type in DRAWABLE and row.size_bytes <= MOST_DRAWN_BYTES):
        tasks.enqueue("storage.preview", {"file_id": row.id}, title=f"Preview {row.file_name}"[:120])


@job(queue="files", name="storage.preview")
def make_preview(file_id: str) -> dict[str, Any]:
    """Make a file's small picture, or keep its first lines. Run again, it makes nothing twice."""
    row = look_for_file(file_id)
    if row is None or row.state != State.READY:
        return {"made": False, "file": "gone" if row is None else row.state}
    if row.content_type in READABLE:
        head = opening.read_head(row, READ_BYTES)
        note_preview(row, first_lines(head, row.content_type, is_whole=len(head) == row.size_bytes))
        return {"made": True, "file": row.file_name}
    if find_variant(row.id, THUMB) is None:
        drawn = draw_file(row)
        note_preview(row, drawn.about)
        if not drawn.content:
            return {"made": False, "file": row.file_name, **drawn.about}
        keep_thumb(row, drawn.content)
    return {"made": True, "file": row.file_name}


def draw_file(row: StoredFile) -> Drawn:
    """Fetch a file into the spool and draw it."""
    with spooled(MOST_DRAWN_BYTES) as copy:
        with opening.open_file(row) as pieces:
            for piece in pieces:
                copy.write(piece)
        copy.rewind()
        return draw(copy, row.content_type)


def note_preview(row: StoredFile, about: dict[str, Any]) -> None:
    """Keep what was seen in the file's own row, unless somebody changes it at this moment: a preview can wait."""
    if row.about.get(PREVIEW) != about:
        step(row, State.READY, about=row.about | {PREVIEW: about})


def keep_thumb(row: StoredFile, content: bytes) -> None:
    """Store a small picture as a piece of its file; it is counted, moved and deleted with it."""
    new = NewFile(
        file_name=f"{row.id.lower()}-{THUMB}.webp", category=Category(row.category), content_type="image/webp",
        size_bytes=len(content), visibility=Visibility(row.visibility), parent_id=row.id, variant=THUMB,
    )  # fmt: skip
    sending.keep(new, io.BytesIO(content))
