"""Stored files."""

from app.audit.sentences.words import Data, quote, says
from app.core.present import format_bytes


@says("file.uploaded")
def file_uploaded(data: Data) -> str:
    """A file is there."""
    return f"stored the file {quote(data['fileName'])} ({format_bytes(data['sizeBytes'])}) in {data['category']}"


@says("file.refused")
def file_refused(data: Data) -> str:
    """A file was not what was said."""
    return f"sent the file {quote(data['fileName'])}, which was refused: {quote(data['reason'])}"


@says("file.trashed")
def file_trashed(data: Data) -> str:
    """A file went into the trash."""
    return f"put the file {quote(data['fileName'])} into the trash"


@says("file.restored")
def file_restored(data: Data) -> str:
    """A file came back."""
    return f"took the file {quote(data['fileName'])} back out of the trash"


@says("file.deleted")
def file_deleted(data: Data) -> str:
    """A file is gone."""
    return f"deleted the file {quote(data['fileName'])} ({format_bytes(data['sizeBytes'])}) for good"


@says("file.deletion-asked")
def file_deletion_asked(data: Data) -> str:
    """Somebody wants a file gone for good."""
    return f"had the file {quote(data['fileName'])} deleted for good: {quote(data['reason'])}"


@says("file.held")
def file_held(data: Data) -> str:
    """A file must stay."""
    return f"put the file {quote(data['fileName'])} on legal hold: {quote(data['reason'])}"


@says("file.released")
def file_released(data: Data) -> str:
    """A file may go again."""
    return f"took the legal hold off the file {quote(data['fileName'])}: {quote(data['reason'])}"


@says("file.signed")
def file_signed(data: Data) -> str:
    """Somebody got an address."""
    return f"asked for an address of the file {quote(data['fileName'])} that is good until {data['expiresAt']}"


MOVED = {
    "planned": "tried out moving files {ends}",
    "started": "began to move files {ends}",
    "paused": "paused moving files {ends}",
    "resumed": "let the move of files {ends} go on",
    "limited": "changed how files move {ends}",
    "verifying": "copied the files {ends}, and verifies them",
    "ready": "verified all copies of the files {ends}",
    "switching": "switched to serving files {ends}",
    "soaking": "serves the files {ends}, and keeps the old ones for now",
    "rolling-back": "began to take the move of files {ends} back",
    "rolled-back": "took the move of files {ends} back",
    "removing": "began to remove the old files after moving them {ends}",
    "done": "ended the move of files {ends}",
    "stopped": "stopped the move of files {ends}",
    "retried": "tried the failures of the move {ends} again",
}


@says("storage-migration.changed")
def storage_migration_changed(data: Data) -> str:
    """A move between providers went on."""
    ends = f"from {data['source']} to {data['target']}"
    said = MOVED.get(data["act"], "changed the move of files {ends}").format(ends=ends)
    return f"{said}: {quote(data['reason'])}" if data.get("reason") else said


@says("storage.quota-changed")
def quota_changed(data: Data) -> str:
    """A company may store more or less."""
    names = {"softBytes": "warning at", "hardBytes": "at most", "fileBytes": "a single file at most"}
    changed = [
        f"{names.get(name, name)} {'no limit' if pair['after'] is None else format_bytes(pair['after'])}"
        for name, pair in data["changes"].items()
    ]
    what = f"the quota of {data['category']}" if data["category"] else "the storage quota"
    return f"set {what}: {', '.join(changed)}; {quote(data['reason'])}"


@says("storage.quota-near")
def quota_near(data: Data) -> str:
    """A company uses more than its soft limit."""
    what = f"the folder {data['category']}" if data["category"] else "storage"
    used, soft = format_bytes(data["usedBytes"]), format_bytes(data["softBytes"])
    return f"noticed that {what} is above its soft limit: {used} of {soft}"


@says("storage.price-changed")
def price_changed(data: Data) -> str:
    """Somebody gave prices."""
    return f"changed the storage prices of {quote(data['name'])}: {quote(data['reason'])}"
