"""What people have done about providers: checks asked for, findings settled."""

from app.core import tasks
from app.core.db import transaction
from app.core.errors import Problem
from app.core.outbox import record
from app.storage import providers
from app.storage.adapters.protocol import ObjectExists, ObjectMissing
from app.storage.care import aside, findings, healing
from app.storage.care.events import FindingSettled
from app.storage.models import StorageFinding


class FindingNotSettled(Problem, code="finding-not-settled", status=409):
    """This cannot be done with the finding: {reason}."""

    reason: str


def ask_check(name: str, *, is_dry: bool, reason: str = "") -> str:
    """Queue a comparison of rows with objects and return the job's id; one at a time for a provider.

    Raises:
        ProviderNotSetUp: It is not.
    """
    providers.provider(name)
    title = f"Try out: compare files at {name}" if is_dry else f"Compare files at {name}"
    return _queue("storage.reconcile", {"provider": name, "is_dry": is_dry, "reason": reason}, title, f"check:{name}")


def ask_scrub(name: str) -> str:
    """Queue a reading of digests."""
    providers.provider(name)
    return _queue("storage.scrub", {"provider": name}, f"Read files again at {name}", f"scrub:{name}")


def ask_doctor(name: str) -> str:
    """Queue an examination."""
    providers.provider(name)
    return _queue("storage.examine", {"provider": name}, f"Examine {name}", f"doctor:{name}")


def ask_clean(name: str) -> str:
    """Queue a clean-up."""
    providers.provider(name)
    return _queue("storage.clean", {"provider": name}, f"Clean up at {name}", f"clean:{name}")


def put_back(finding_id: str) -> StorageFinding:
    """Move what was set aside to where it was; checks leave it alone from now on.

    Raises:
        NotFound: No such finding.
        FindingNotSettled: It is not aside, or something is in its place.
    """
    row = findings.find(finding_id)
    if row.state != "quarantined":
        raise FindingNotSettled(reason="it is not set aside")
    try:
        aside.put_back(providers.provider(row.provider), row)
    except ObjectMissing:
        raise FindingNotSettled(reason="it was emptied meanwhile") from None
    except ObjectExists:
        raise FindingNotSettled(reason="something else is in its place by now") from None
    return _tell(row, "put back")


def bring_back(finding_id: str) -> StorageFinding:
    """Bring a lost or wrong object back from the mirror.

    Raises:
        NotFound: No such finding.
        FindingNotSettled: The mirror does not have it.
    """
    row = findings.find(finding_id)
    provider = providers.provider(row.provider)
    is_lost = row.kind == "missing"
    done = healing.bring_back(provider, row.key) if is_lost else healing.replace_wrong(provider, row.key, row.kind)
    if not done:
        raise FindingNotSettled(reason="no second place has the right bytes; look into a backup of the bucket")
    return _tell(row, "brought back from the mirror")


def let_be(finding_id: str) -> StorageFinding:
    """Leave a finding alone from now on.

    Raises:
        NotFound: No such finding.
    """
    row = findings.find(finding_id)
    with transaction():
        findings.settle(row.company_id, row.provider, row.kind, [row.key], "ignored")
    return _tell(row, "let be")


def _tell(row: StorageFinding, act: str) -> StorageFinding:
    with transaction():
        record(FindingSettled(provider=row.provider, id=row.id, key=row.key, act=act))
    return row


def _queue(name: str, args: dict[str, object], title: str, key: str) -> str:
    with transaction():
        return tasks.enqueue(name, args, title=title, key=key)
