"""Looking after files, and other people's buckets."""

from app.audit.sentences.words import Data, quote, says
from app.core.present import format_bytes, plural

CHECKS = {"reconcile": "compared rows with objects at", "scrub": "read files again at", "doctor": "examined"}


@says("storage.checked")
def storage_checked(data: Data) -> str:
    """A check has ended."""
    return f"{CHECKS.get(data['kind'], 'checked')} {data['provider']}: {quote(data['sentence'])}"


@says("storage.orphans-set-aside")
def orphans_set_aside(data: Data) -> str:
    """Objects without a row."""
    objects = plural(data["objects"], "object")
    return f"set {objects} without a record aside at {data['provider']} ({format_bytes(data['bytes'])}): {quote(data['reason'])}"


@says("storage.lifecycle-installed")
def lifecycle_installed(data: Data) -> str:
    """A rule at the provider."""
    return f"had {data['provider']} take unfinished uploads back after {plural(data['days'], 'day')}"


@says("storage.finding-settled")
def finding_settled(data: Data) -> str:
    """One finding."""
    return f"settled a finding at {data['provider']}, {data['act']}: {data['key']}"


@says("storage.company-exported")
def company_exported(data: Data) -> str:
    """All files of a company as one."""
    return f"had {plural(data['files'], 'file')} ({format_bytes(data['bytes'])}) put into one archive"


@says("storage.company-erased")
def company_erased(data: Data) -> str:
    """All files of a company are gone."""
    files = plural(data["files"], "file")
    return (
        f"erased {files} of {quote(data['company'])} ({format_bytes(data['bytes'])}) for good: {quote(data['reason'])}"
    )


@says("connection.added")
def connection_added(data: Data) -> str:
    """Somebody else's bucket."""
    return f"connected the bucket {quote(data['bucket'])} at {data['host']} as {quote(data['name'])}"


@says("connection.changed")
def connection_changed(data: Data) -> str:
    """It was changed."""
    return f"changed the connection {quote(data['name'])}: {data['act']}"


@says("connection.removed")
def connection_removed(data: Data) -> str:
    """It is gone."""
    return f"removed the connection {quote(data['name'])}; nothing in the bucket was touched"


@says("connection.signed")
def connection_signed(data: Data) -> str:
    """Somebody fetched something."""
    return f"fetched {quote(data['key'])} from the connection {quote(data['name'])}"
