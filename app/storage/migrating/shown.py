"""How a migration looks: its stages, its sentence, and what can be done with it now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core import clock
from app.core.present import format_bytes, format_duration, plural
from app.storage.migrating.limits import Options
from app.storage.migrating.phases import BEFORE_SWITCH, OVER, WORKING, Phase
from app.storage.models import Migration

NAMES = {"local": "this disk", "s3": "S3", "cloudflare-r2": "Cloudflare R2", "azure-blob": "Azure Blob"}
ORDER = (Phase.PLANNED, Phase.COPYING, Phase.VERIFYING, Phase.READY, Phase.SWITCHING, Phase.SOAKING, Phase.REMOVING)
WORDS = {
    Phase.PLANNED: ("idle", "circle-dashed", "Planned"), Phase.COPYING: ("run", "play", "Copying"),
    Phase.VERIFYING: ("run", "play", "Verifying"), Phase.READY: ("good", "circle-check", "Ready to switch"),
    Phase.SWITCHING: ("run", "play", "Switching"), Phase.SOAKING: ("good", "circle-check", "Switched, old files kept"),
    Phase.REMOVING: ("run", "play", "Removing old files"), Phase.DONE: ("good", "circle-check", "Done"),
    Phase.ROLLING_BACK: ("run", "rotate-ccw", "Going back"), Phase.ROLLED_BACK: ("idle", "rotate-ccw", "Taken back"),
    Phase.STOPPED: ("idle", "x", "Stopped"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """A migration as its page shows it.

    Attributes:
        percent: How far the phase is that runs; None for one that waits.
        speeds: Bytes a second, for the chart.
        acts: What can be done with it now.
    """

    row: Migration
    source: str
    target: str
    whose: str
    state: tuple[str, str, str]
    percent: int | None
    stages: list[dict[str, Any]]
    line: str
    failures: int
    acts: frozenset[str]
    speeds: list[float]
    options: Options
    is_in_grace: bool


def name_of(provider: str) -> str:
    """Return a provider's name as people say it."""
    return NAMES.get(provider, provider)


def look_at(row: Migration) -> Look:
    """Return how a migration looks now."""
    now = clock.now()
    phase = Phase(row.phase)
    counts = row.figures.get("states", {})
    tone = ("held", "pause", f"{WORDS[phase][2]}, paused") if row.is_paused and phase in WORKING else WORDS[phase]
    percent = percent_of(row, phase)
    if percent is not None and not row.is_paused:
        tone = (tone[0], tone[1], f"{tone[2]}, {percent}%")
    in_grace = row.grace_until is not None and now < row.grace_until
    return Look(
        row=row, source=name_of(row.source), target=name_of(row.target), whose=whose_of(row), state=tone,
        percent=percent, stages=stages_of(row, phase, percent), line=line_of(row),
        failures=sum(counts.get(state, {}).get("files", 0) for state in ("failed", "lost")),
        acts=acts_of(row, phase, is_in_grace=in_grace), speeds=[one[2] for one in row.figures.get("speeds", [])],
        options=Options.of(row.options), is_in_grace=in_grace,
    )  # fmt: skip


def whose_of(row: Migration) -> str:
    """Return which files it is about."""
    parts = [row.filters.get("category", ""), row.filters.get("company_name", "")]
    return ", ".join(filter(None, parts)) or "all files"


def percent_of(row: Migration, phase: Phase) -> int | None:
    """Return how far the running phase is."""
    files: dict[str, int] = {state: one["files"] for state, one in row.figures.get("states", {}).items()}
    total = sum(files.values())
    left = {
        Phase.COPYING: ("waiting", "failed"), Phase.VERIFYING: ("waiting", "copied", "failed"),
        Phase.SWITCHING: ("waiting", "copied", "verified"), Phase.REMOVING: ("switched",),
        Phase.ROLLING_BACK: ("switched",),
    }.get(phase)  # fmt: skip
    if left is None or not total:
        return None
    return 100 * (total - sum(files.get(state, 0) for state in left)) // total


def stages_of(row: Migration, phase: Phase, percent: int | None) -> list[dict[str, Any]]:
    """Return the timeline: what is done, what runs, what is to come."""
    plan, source, target = row.plan, name_of(row.source), name_of(row.target)
    days = Options.of(row.options).grace_days
    rows = [
        (Phase.PLANNED, "Try out", f"{plural(plan.get('files', 0), 'file')} counted, nothing written", row.created_at),
        (Phase.COPYING, "Copy", f"{format_bytes(plan.get('bytes', 0))} to {target}", row.started_at),
        (Phase.VERIFYING, "Verify", "length and SHA-256 of every file", None),
        (Phase.SWITCHING, "Switch", f"you confirm; reads fall back to {source}", row.switched_at),
        (Phase.SOAKING, f"Keep {plural(days, 'day')}", "switch back any time", row.grace_until),
        (Phase.REMOVING, "Remove old", f"asks for the name {row.source}", row.ended_at if phase is Phase.DONE else None),
    ]  # fmt: skip
    at = ORDER.index(Phase.SWITCHING if phase is Phase.READY else phase) if phase in ORDER else None
    made = []
    for stage, label, body, when in rows:
        state = (
            "todo"
            if at is None
            else "done"
            if ORDER.index(stage) < at
            else "now"
            if ORDER.index(stage) == at
            else "todo"
        )
        if phase is Phase.DONE or (phase is Phase.PLANNED and stage is Phase.PLANNED):
            state = "done"
        made.append({
            "label": label, "body": body, "state": state, "at": when,
            "percent": percent if state == "now" else None,
        })  # fmt: skip
    return made


def line_of(row: Migration) -> str:
    """Return the figures in a line."""
    figures, speeds = row.figures, row.figures.get("speeds", [])
    files = {state: one["files"] for state, one in figures.get("states", {}).items()}
    said = []
    if speeds and row.phase in WORKING:
        said.append(f"{format_bytes(int(speeds[-1][2]))}/s with {plural(Options.of(row.options).threads, 'thread')}")
    said.append(f"{figures.get('copied_files', 0):,} copied")
    if figures.get("were_there"):
        said.append(f"{figures['were_there']:,} were there")
    said.append(f"{files.get('failed', 0):,} failed")
    if figures.get("tried_again"):
        said.append(f"{figures['tried_again']:,} tried again")
    if files.get("gone"):
        said.append(f"{files['gone']:,} deleted meanwhile")
    if left := left_s(row):
        said.append(f"about {format_duration(left)} left")
    return " · ".join(said)


def left_s(row: Migration) -> float | None:
    """Return how long copying still takes at the speed of the last minute."""
    speeds = row.figures.get("speeds", [])[-12:]
    waiting = row.figures.get("states", {}).get("waiting")
    if row.phase != Phase.COPYING or not speeds or not waiting:
        return None
    files_per_s = sum(one[1] for one in speeds) / len(speeds)
    return float(waiting["files"] / files_per_s) if files_per_s else None


def acts_of(row: Migration, phase: Phase, *, is_in_grace: bool) -> frozenset[str]:
    """Return what can be done with a migration now."""
    acts = {
        "start": phase is Phase.PLANNED, "pause": phase in WORKING and not row.is_paused,
        "resume": phase in WORKING and row.is_paused, "limit": phase not in OVER,
        "switch": phase is Phase.READY, "rollback": phase in {Phase.SWITCHING, Phase.SOAKING},
        "stop": phase in BEFORE_SWITCH or phase is Phase.PLANNED, "removal": phase is Phase.SOAKING and not is_in_grace,
        "retry": phase in {Phase.COPYING, Phase.VERIFYING, Phase.READY, Phase.SOAKING},
    }  # fmt: skip
    return frozenset(name for name, can in acts.items() if can)


def as_of(row: Migration) -> datetime | None:
    """Return when somebody last moved files of it."""
    told = row.figures.get("beaten_at")
    return clock.parse(told.replace("Z", "+00:00")) if told else None


def question_of(look: Look, act: str) -> tuple[str, str, str]:
    """Return what is asked before an act, the word that does it, and the way out."""
    files = plural(look.row.plan.get("files", 0), "file")
    return {
        "start": (f"Copy {files} to {look.target}?", "Start copying", "Not now"),
        "stop": ("Stop this move?", "Stop it", "Let it go on"),
        "switch": (f"Serve the files from {look.target}?", "Switch", "Leave them"),
        "rollback": (f"Go back to {look.source}?", "Go back", "Stay"),
        "removal": (f"Remove the old files at {look.source}?", "Remove them", "Keep them"),
    }.get(act, ("Do this with the move?", "Do it", "Leave it"))
