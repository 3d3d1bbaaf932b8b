"""Rows against objects, both ways: what has no row is set aside, what has no object is brought back or told.

A look first, in full; only then are things done about what it found. So a dry run says exactly what a run would do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.core import clock
from app.core.errors import Problem
from app.core.installation import installation, installation_id
from app.core.present import format_bytes, plural
from app.core.running import progress, say
from app.storage import providers
from app.storage.adapters.protocol import ObjectMissing, Provider, StorageError
from app.storage.care import aside, checks, counters, findings, healing
from app.storage.care.findings import Finding
from app.storage.care.sheet import Odd, Sheet, sheet
from app.storage.keys import PROBES, QUARANTINE, is_key
from app.storage.models import StorageCheck

KINDS = ("orphan", "missing", "size")
SAMPLE, MOST_ASKED = 20, 2_000


@dataclass(frozen=True)
class Rules:
    """How a check is made.

    Attributes:
        is_dry: Look, and do nothing about it.
        young_h: Objects younger than so many hours are left alone: their row may be on its way.
        owner: Only what is of this company.
        free: So many objects may always be set aside.
        most_percent, most_objects: More than that stops the check before anything is moved.
        reason: Why more than that may be moved all the same; "" for not.
    """

    is_dry: bool = False
    young_h: float = 24.0
    owner: int | None = None
    free: int = 25
    most_percent: float = 10.0
    most_objects: int = 1000
    reason: str = ""


@dataclass
class Looked:
    """What a look found."""

    objects: int = 0
    bytes: int = 0
    foreign: list[str] = field(default_factory=list)
    foreign_count: int = 0
    orphans: Sequence[Odd] = ()
    missing: Sequence[Odd] = ()
    sizes: Sequence[Odd] = ()

    def figures(self) -> dict[str, Any]:
        """Return what is kept with the check."""
        return {
            "objects": self.objects, "bytes": self.bytes, "foreign": self.foreign_count, "foreignSample": self.foreign,
            **{
                kind: {"found": len(found), "bytes": sum(one.size_bytes for one in found)}
                for kind, found in (("orphan", self.orphans), ("missing", self.missing), ("size", self.sizes))
            },
        }  # fmt: skip


def reconcile(name: str, rules: Rules, job_id: str = "") -> StorageCheck:
    """Check a provider and, unless it is a dry run, mend what can be mended.

    Raises:
        Problem: The provider is not set up.
        StorageError: It went away on the way; the check is kept as bad, and can be made again.
    """
    provider = providers.provider(name)
    check = checks.begin("reconcile", name, job_id)
    try:
        looked = look(provider, rules, clock.now())
        figures = looked.figures() | {
            "isDry": rules.is_dry,
            "stopped": "",
            "setAside": 0,
            "broughtBack": 0,
            "healed": 0,
        }
        keep_findings(check.id, provider, looked, rules)
        if not rules.is_dry:
            act(provider, looked, rules, figures)
        figures["drift"] = counters.compare(name, mend=not rules.is_dry)
    except (StorageError, Problem) as error:
        checks.end(check.id, "bad", f"The check was not finished: {type(error).__name__}: {error}", {})
        raise
    return checks.end(check.id, *judge(looked, figures), figures)


def look(provider: Provider, rules: Rules, begun: datetime) -> Looked:
    """List what the provider has and compare it with the rows; change nothing."""
    looked = Looked()
    with sheet() as table:
        for page in provider.list(f"{rules.owner}/" if rules.owner is not None else ""):
            table.add(page)
            note_foreign(looked, [one.key for one in page])
            progress(table.objects, None, f"{plural(table.objects, 'object')} listed")
        looked.objects, looked.bytes = table.objects, table.bytes
        compare(provider, table, looked, rules, begun)
    return looked


def compare(provider: Provider, table: Sheet, looked: Looked, rules: Rules, begun: datetime) -> None:
    """Hold the sheet against the rows; what does not match is asked for by name before it counts."""
    before = begun - timedelta(hours=rules.young_h)
    found = table.orphans(provider.name, before)
    is_few = len(found) <= MOST_ASKED  # of very many a few that are gone by now change no verdict
    looked.orphans = [one for one in found if is_there(provider, one.key)] if is_few else found
    looked.missing = [
        one for one in table.missing(provider.name, begun, rules.owner) if is_missing(provider, one.key)
    ]  # fmt: skip
    looked.sizes = table.sizes(provider.name)


def is_there(provider: Provider, key: str) -> bool:
    """Ask for one object by name: it may have been deleted since it was listed, as any file is, with its row."""
    try:
        provider.stat(key)
    except ObjectMissing:
        return False
    return True


def is_missing(provider: Provider, key: str) -> bool:
    """Ask for one object by name: a listing may be older than the object, and the row may be gone by now."""
    return not is_there(provider, key) and healing.row_of(key) is not None


def note_foreign(looked: Looked, keys: Sequence[str]) -> None:
    """Count what is no key of ours; it is somebody else's, and left alone."""
    foreign = [key for key in keys if not is_key(key) and not key.startswith((QUARANTINE, PROBES))]
    looked.foreign_count += len(foreign)
    looked.foreign += foreign[: SAMPLE - len(looked.foreign)]


def keep_findings(check_id: str, provider: Provider, looked: Looked, rules: Rules) -> None:
    """Write down what was found; close what was found before and is not so any more."""
    said = {
        "orphan": lambda one: Finding("orphan", one.key, one.size_bytes, one.owner_id, detail="An object without a record"),
        "missing": lambda one: Finding(
            "missing", one.key, one.size_bytes, one.owner_id, one.file_id, "A record without its object"
        ),
        "size": lambda one: Finding(
            "size", one.key, one.size_bytes, one.owner_id, one.file_id, f"The object has {one.size_bytes:,} bytes, the record says otherwise"
        ),
    }  # fmt: skip
    home = installation_id()
    with installation():
        for kind, found in (("orphan", looked.orphans), ("missing", looked.missing), ("size", looked.sizes)):
            findings.keep(home, check_id, provider.name, (said[kind](one) for one in found))
        findings.close_others(home, provider.name, KINDS, check_id, rules.owner)


def act(provider: Provider, looked: Looked, rules: Rules, figures: dict[str, Any]) -> None:
    """Do something about what was found."""
    for odd in looked.missing:
        figures["broughtBack"] += healing.bring_back(provider, odd.key)
    for odd in looked.sizes:
        figures["healed"] += healing.replace_wrong(provider, odd.key, "size")
    figures["stopped"] = fuse(looked, rules)
    if figures["stopped"]:
        say(figures["stopped"], "warning")
        return
    figures["setAside"] = aside.set_aside(provider, looked.orphans, rules.reason or "nightly check")


def fuse(looked: Looked, rules: Rules) -> str:
    """Return why so much is not moved without being asked for; "" when it may be.

    A bucket of another installation, a database restored from last month: both look like many orphans.
    """
    count, share = len(looked.orphans), 100 * len(looked.orphans) / max(looked.objects, 1)
    if rules.reason or count <= rules.free or (count <= rules.most_objects and share <= rules.most_percent):
        return ""
    return (
        f"{plural(count, 'object')} have no record, {share:.0f} % of all. That is more than a check moves by itself "
        f"({rules.most_percent:g} % or {rules.most_objects:,}); look at them, then say why they may be set aside."
    )


def judge(looked: Looked, figures: dict[str, Any]) -> tuple[str, str]:
    """Return verdict and sentence."""
    lost = len(looked.missing) - figures["broughtBack"]
    wrong = len(looked.sizes) - figures["healed"]
    if figures["stopped"]:
        return "warn", str(figures["stopped"])
    parts = [
        (lost, plural(lost, "record has no object", "records have no object")),
        (wrong, plural(wrong, "object has another length", "objects have another length")),
    ]
    bad = [text for count, text in parts if count]
    mended = [
        (figures["broughtBack"] + figures["healed"], "brought back from the mirror"),
        (figures["setAside"], "set aside"),
        (len(figures["drift"]), "counters put right"),
    ]
    soft = [f"{count:,} {text}" for count, text in mended if count]
    if figures["isDry"] and looked.orphans:
        soft.append(f"{plural(len(looked.orphans), 'object')} without a record would be set aside")
    if bad:
        return "bad", ", ".join(bad + soft) + "."
    if soft:
        return "warn" if looked.orphans or figures["drift"] else "good", ", ".join(soft).capitalize() + "."
    listed = f"{plural(looked.objects, 'object')}, {format_bytes(looked.bytes)}, with those in the trash"
    return "good", f"Every record has its object, and every object its record: {listed}."
