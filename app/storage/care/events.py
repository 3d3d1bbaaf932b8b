"""Facts about looking after files. They belong to the installation; the row is the provider."""

from app.core.outbox import Fact


class StorageChecked(Fact, type="storage.checked", topic="storage", row="provider"):
    """A check of a provider has ended. `kind` is reconcile, scrub or doctor."""

    id: str
    provider: str
    kind: str
    verdict: str
    sentence: str


class OrphansSetAside(Fact, type="storage.orphans-set-aside", topic="storage", row="provider"):
    """Objects without a row were moved aside, from where they can come back for a while."""

    provider: str
    objects: int
    bytes: int
    reason: str


class LifecycleInstalled(Fact, type="storage.lifecycle-installed", topic="storage", row="provider"):
    """Somebody had the provider clean up unfinished uploads by itself."""

    provider: str
    days: int


class FindingSettled(Fact, type="storage.finding-settled", topic="storage", row="provider"):
    """Somebody settled one finding by hand: put back, brought back, or let be."""

    provider: str
    id: str
    key: str
    act: str


class CompanyFilesExported(Fact, type="storage.company-exported", topic="files", row="id"):
    """All files of a company were put into one archive, itself a file of the company."""

    id: str
    files: int
    bytes: int


class CompanyFilesErased(Fact, type="storage.company-erased", topic="storage", row="provider"):
    """All files of a company were erased, at every provider; the report says how it was proved."""

    provider: str
    company: str
    files: int
    bytes: int
    reason: str
    proof: str
