"""What can go wrong with stored files."""

from app.core.errors import Problem

MIB, GIB = 1 << 20, 1 << 30
ADVICE = {
    "trashed": "It is in the trash; restore it first.",
    "refused": "It was refused and is never given out; send another.",
    "deleting": "It is being deleted for good; send it again if it is needed.",
    "pending": "Its bytes have not all come; send them and complete it, or give it up.",
    "ready": "It is there already.",
}


def readable(size_bytes: int) -> str:
    """Return a limit as people write it: 50 MiB, 5 GiB, or its bytes when it is not round."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB")):
        if size_bytes >= unit and size_bytes % unit == 0:
            return f"{size_bytes // unit:,} {name}"
    return f"{size_bytes:,} bytes"


class FileMissing(Problem, code="file-missing", status=404):
    """There is no such file. It may have been deleted, or it belongs to another company."""


class FileNotReady(Problem, code="file-not-ready", status=409):
    """This file is {state}, so this cannot be done with it. {advice}"""

    state: str
    advice: str = ""

    def __post_init__(self) -> None:
        self.advice = self.advice or ADVICE.get(self.state, "Look at it again in a moment.")


class FileTooLarge(Problem, code="file-too-large", status=413):
    """The file is too large. The most that is taken here is {most}."""

    most_bytes: int
    most: str = ""

    def __post_init__(self) -> None:
        self.most = readable(self.most_bytes)


class QuotaExceeded(Problem, code="quota-exceeded", status=413):
    """There is no room left for this file. {remaining} are left of what {whose} may hold; delete something, or ask for more."""

    remaining_bytes: int
    category: str = ""
    remaining: str = ""
    whose: str = ""

    def __post_init__(self) -> None:
        self.remaining = f"{self.remaining_bytes:,} bytes"
        self.whose = f"the folder {self.category}" if self.category else "your company"


class TypeNotAllowed(Problem, code="type-not-allowed", status=415):
    """Files of the type {content_type} are not taken in {category}. {basis} Taken there: {taken}."""

    content_type: str
    category: str
    basis: str = "That is what is in the file, whatever its name."
    taken: str = "other kinds"


class WrongBytes(Problem, code="wrong-bytes", status=422):
    """What arrived is not what was said: {reason}. Nothing was kept; {advice}."""

    reason: str
    advice: str = "send it again"


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
