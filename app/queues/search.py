"""Finding jobs: what a filter says, and how it is asked of tables of millions of rows.

Every field of a filter either has an index that gives "newest first", or it is looked for among the newest WALK jobs
that the indexed part leaves; then the answer says how far back it looked, and its cursor goes on from there. No
question counts, and none reads more than that.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from app.core import clock
from app.core.cursor import decode_cursor, encode_cursor
from app.core.db import db
from app.core.errors import InvalidCursor
from app.core.ids import ulid_floor
from app.core.jobs import Job, JobState, is_seen
from app.core.tenancy import current_scope
from app.queues.filter import JobFilter
from app.queues.waits import waits_for

Condition = sa.ColumnElement[bool]
Jobs = type[Job]  # the table, or a subquery that looks like it
Query = sa.Select[*tuple[Any, ...]]  # Any: whatever columns
WALK = 20_000
NEWEST = 4_000  # a value that many jobs have is found among the newest; only a rarer one needs the index of arguments
BEYOND = "Z" * 26
ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
NEAR = timedelta(days=2)
_companies = sa.table("companies", sa.column("id", sa.BigInteger), sa.column("slug", sa.Text))


@dataclass(frozen=True)
class JobPage:
    """One page of jobs, newest first.

    Attributes:
        looked_back_to: Set when the search stopped there before the page was full: older ones may match.
    """

    items: Sequence[Job]
    next_cursor: str | None
    looked_back_to: datetime | None = None


def find_jobs(wanted: JobFilter, allowed: Collection[str]) -> JobPage:
    """Return a page of the jobs that match.

    Args:
        wanted: The filter, with cursor and size of the page.
        allowed: The reader's permissions.

    Raises:
        InvalidCursor: It was not made here.
    """
    below = id_in(wanted.after) if wanted.after else BEYOND
    rest = [is_seen(allowed), Job.id < below]
    indexed = [*indexed_conditions(wanted), *rest]
    if not wanted.args and not has_others(wanted):
        return _page(_newest_days_first(wanted, indexed, rest, below), wanted.limit)
    if wanted.args:
        among = newest(indexed, NEWEST)
        conditions = [*other_conditions(wanted, among), holds(among.args, wanted)]
        found = _jobs(sa.select(among).where(*conditions), among, wanted.limit + 1)
        if len(found) > wanted.limit:
            return _page(found, wanted.limit)
        indexed, end = _with_args(wanted, indexed, below)
    among = newest(indexed, WALK)
    found = _jobs(sa.select(among).where(*other_conditions(wanted, among)), among, wanted.limit + 1)
    if len(found) > wanted.limit:
        return _page(found, wanted.limit)
    end = end if wanted.args else _end_of_walk(indexed)
    return JobPage(found, encode_cursor(end), instant_of(end)) if end else JobPage(found, None)


def id_in(cursor: str) -> str:
    """Return the id a cursor holds.

    Raises:
        InvalidCursor: It is none of a job: a cursor of another list holds a text, too, and no instant is in that.
    """
    found: str = decode_cursor(cursor, Job.id)[0]
    if not ULID.fullmatch(found):
        raise InvalidCursor
    return found


def _newest_days_first(wanted: JobFilter, indexed: list[Condition], rest: list[Condition], below: str) -> Sequence[Job]:
    """Return one job more than a page holds, asking all days only when the last two before the page's end have too few.

    Planning over every day's partition costs more than reading a page: with a month of days most of the question's time.
    """
    ends = [clock.now() if below == BEYOND else instant_of(below), *([wanted.until] if wanted.until else [])]
    near, most = Job.id >= ulid_floor(min(ends) - NEAR), wanted.limit + 1
    found = _jobs(sa.select(Job).where(*indexed, near), Job, most)
    if len(found) == most:
        return found
    if wanted.name is not None and wanted.state is JobState.FAILED:
        return _failed_of_name(
            wanted.name, [*indexed_conditions(wanted.model_copy(update={"name": None})), *rest], most
        )
    return _jobs(sa.select(Job).where(*indexed), Job, most)


def _failed_of_name(name: str, others: list[Condition], most: int) -> Sequence[Job]:
    """Return the newest failed jobs of one name.

    A name that never fails has as many failures as any other, to the planner, which does not know that the two go
    together: it would walk through all failures of a month. Asked for a span of names in their order, only the index
    that leads with the name will do.
    """
    statement = sa.select(Job).where(Job.name.between(name, name), *others)
    return db.session.scalars(statement.order_by(Job.name.desc(), Job.id.desc()).limit(most)).all()


def matching_rows(
    wanted: JobFilter, columns: Sequence[str], more: Sequence[Condition], below: str, most: int
) -> tuple[Sequence[sa.Row[Any]], str | None]:  # Any: values of columns
    """Return a part of all that match, newest first, and where to go on; None at the end.

    Args:
        wanted: The filter; its cursor and the size of its page mean nothing here.
        columns: The names of what is read of each; `id` is among them.
        more: Further conditions that an index answers.
        below: Only jobs older than this one.
        most: How many at once.
    """
    indexed, end, size = [*indexed_conditions(wanted), *more, Job.id < below], None, most
    if wanted.args:
        (indexed, end), size = _with_args(wanted, indexed, below), WALK
    elif has_others(wanted):
        end, size = _end_of_walk(indexed), WALK
    among = newest(indexed, size)
    read = sa.select(*[getattr(among, name) for name in columns]).where(*other_conditions(wanted, among))
    rows = db.session.execute(read.order_by(among.id.desc()).limit(most)).all()
    return rows, rows[-1].id if len(rows) == most else end


def jobs_in(wanted: JobFilter, job_ids: Sequence[str], allowed: Collection[str]) -> Sequence[Job]:
    """Return those of these jobs that match, for a list that asks about changed rows."""
    statement = sa.select(Job).where(Job.id.in_(job_ids), is_seen(allowed), *all_conditions(wanted))
    return _jobs(statement, Job, len(job_ids))


def is_there(job_id: str) -> bool:
    """Say whether this scope holds a job of this id."""
    return db.session.scalar(sa.select(Job.id).where(Job.id == job_id)) is not None


def indexed_conditions(wanted: JobFilter) -> list[Condition]:
    """Return what an index answers in the order of the list."""
    found: list[Condition] = []
    if (earliest := wanted.earliest) is not None:
        found.append(Job.id >= ulid_floor(earliest))
    if wanted.until is not None:
        found.append(Job.id < ulid_floor(wanted.until))
    for column, value in (
        (Job.queue, wanted.queue), (Job.name, wanted.name), (Job.request_id, wanted.request_id),
        (Job.schedule_id, wanted.schedule_id), (Job.signature, wanted.signature),
    ):  # fmt: skip
        if value is not None:
            found.append(column == value)
    if wanted.root_id is not None:  # spelled as the partial index has it, which knows no roots
        found += [Job.root_id == wanted.root_id, Job.root_id != Job.id]
    state = JobState.QUEUED if wanted.waits else wanted.state or (JobState.FAILED if wanted.error else None)
    if state is not None:
        found.append(in_states(frozenset({state})))
    if wanted.company is not None:
        found.append(
            Job.company_id == sa.select(_companies.c.id).where(_companies.c.slug == wanted.company).scalar_subquery()
        )
    return found


def has_others(wanted: JobFilter) -> bool:
    """Say whether a part of the filter has no index."""
    return bool(other_conditions(wanted, Job))


def other_conditions(wanted: JobFilter, of: Jobs) -> list[Condition]:
    """Return what no index answers, about these jobs."""
    found: list[Condition] = []
    if wanted.state is JobState.DONE:
        found.append(of.state == JobState.DONE)
    if wanted.worker is not None:
        found.append(of.worker == wanted.worker)
    if wanted.priority is not None:
        found.append(of.priority == wanted.priority)
    if wanted.error is not None:
        found.append(of.error.icontains(wanted.error, autoescape=True))
    if wanted.waits is not None:
        found.append(waits_for(wanted.waits, of))
    return found


def all_conditions(wanted: JobFilter) -> list[Condition]:
    """Return everything a job must satisfy, for questions about few jobs."""
    found = [*indexed_conditions(wanted), *other_conditions(wanted, Job)]
    if wanted.args:
        found.append(holds(Job.args, wanted))
    return found


def in_states(states: frozenset[JobState]) -> Condition:
    """Return the condition as constants: a partial index serves only what the planner can compare with its own.

    Done is most of all jobs and has no index: see `other_conditions`.
    """
    if states == {JobState.DONE}:
        return sa.true()
    words = ", ".join(f"'{state.value}'" for state in sorted(states))
    return sa.literal_column(f"jobs.state IN ({words})", sa.Boolean)


def _with_args(wanted: JobFilter, indexed: list[Condition], below: str) -> tuple[list[Condition], str | None]:
    """Return the conditions with the arguments as ids, and where those end if there are more."""
    ids = _ids_by_args(wanted, below)
    return [*indexed, Job.id.in_(ids)], ids[-1] if len(ids) == WALK else None


def _ids_by_args(wanted: JobFilter, below: str) -> list[str]:
    if current_scope().role == "platform":
        newest = sa.select(Job.id).where(holds(Job.args, wanted), Job.id < below).order_by(Job.id.desc()).limit(WALK)
        return list(db.session.scalars(newest))
    text, other = (sa.literal(spelled, JSONB) for spelled in _spellings(wanted))
    return list(db.session.scalars(sa.select(sa.func.search_jobs(text, other, below, WALK))))


def holds(args: sa.SQLColumnExpression[Any], wanted: JobFilter) -> Condition:  # Any: JSON
    """Return the condition under which arguments hold what is looked for."""
    return sa.or_(*[args.op("@>")(sa.literal(spelled, JSONB)) for spelled in _spellings(wanted)])


def _spellings(wanted: JobFilter) -> tuple[dict[str, Any], dict[str, Any]]:  # Any: JSON
    """Return the looked-for arguments with values as text, and with numbers, true, false and null as such."""
    return nested(wanted.args, as_text=True), nested(wanted.args, as_text=False)


def nested(paths: dict[str, str], *, as_text: bool) -> dict[str, Any]:  # Any: JSON
    """Return {"lines.sku": "A1"} as {"lines": {"sku": "A1"}}; an asterisk stands for any entry of a list."""
    made: dict[str, Any] = {}
    for path, value in paths.items():
        place = made
        *parents, last = path.split(".")
        for name in parents:
            place = place.setdefault(name, {})
        place[last] = value if as_text else _read_json(value)
    return made


def _read_json(value: str) -> Any:  # Any: JSON
    try:
        return json.loads(value)
    except ValueError:
        return value


def newest(indexed: Sequence[Condition], most: int) -> Jobs:
    """Return the newest so many jobs that the indexed conditions leave, to ask further questions about.

    A subquery with a limit is read in order and no further than needed; a join would be read whole.
    """
    return aliased(Job, sa.select(Job).where(*indexed).order_by(Job.id.desc()).limit(most).subquery())


def _end_of_walk(indexed: Sequence[Condition]) -> str | None:
    """Return the last job that was looked at; None when there were fewer than WALK."""
    return db.session.scalar(sa.select(Job.id).where(*indexed).order_by(Job.id.desc()).offset(WALK - 1).limit(1))


def _jobs(statement: Query, of: Jobs, most: int) -> Sequence[Job]:
    return db.session.scalars(statement.order_by(of.id.desc()).limit(most)).all()


def _page(found: Sequence[Job], limit: int) -> JobPage:
    is_more = len(found) > limit
    return JobPage(found[:limit], encode_cursor(found[limit - 1].id) if is_more else None)


def instant_of(ulid: str) -> datetime:
    """Return when a ULID was made."""
    ms = 0
    for letter in ulid[:10]:
        ms = ms * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(letter)
    return datetime.fromtimestamp(ms / 1000, UTC)
