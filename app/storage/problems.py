"""What can go wrong with stored files."""

from app.core.errors import Problem


class FileMissing(Problem, code="file-missing", status=404):
    """There is no such file. It may have been deleted, or it belongs to another company."""


class FileNotReady(Problem, code="file-not-ready", status=409):
    """This file is {state}, so this cannot be done with it. Look at it again in a moment."""

    state: str


class FileTooLarge(Problem, code="file-too-large", status=413):
    """The file is too large. The most that is taken here is {most_bytes} bytes."""

    most_bytes: int


class QuotaExceeded(Problem, code="quota-exceeded", status=413):
    """There is no room left for this file. {remaining_bytes} bytes are left of what your company may store; delete something, or ask for more."""

    remaining_bytes: int
    category: str = ""


class TypeNotAllowed(Problem, code="type-not-allowed", status=415):
    """Files of the type {content_type} are not taken in {category}. What counts is what is in the file, not its name."""

    content_type: str
    category: str


class WrongBytes(Problem, code="wrong-bytes", status=422):
    """What arrived is not what was said: {reason}. Nothing was kept; send it again."""

    reason: str


class FileHeld(Problem, code="file-held", status=409):
    """{file_name} must not be deleted. It is on legal hold: {reason}"""

    file_name: str
    reason: str


class StorageAway(Problem, code="storage-away", status=503):
    """The place where files are kept does not answer. Nothing was changed; try again in a moment."""

    retry_after_s: int = 5


class StorageFull(Problem, code="storage-full", status=507):
    """There is no room left where files are kept. Nothing was kept; somebody who runs this installation must make room."""


class ProviderNotSetUp(Problem, code="provider-not-set-up", status=409):
    """{provider} is not set up here. It needs {missing}."""

    provider: str
    missing: str = "its settings"


class ProviderFailed(Problem, code="provider-failed", status=502):
    """The place where files are kept refused this. Somebody who runs this installation must look at it: the provider doctor says what is wrong."""


class AddressExpired(Problem, code="address-expired", status=403):
    """This address is not good any more. Ask for a new one where you found it."""
