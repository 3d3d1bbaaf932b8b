"""Asking for a report, and making it."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from app.accounts.audience import list_audience
from app.accounts.reads import own_company
from app.core import clock, files, tasks
from app.core.auth import Company
from app.core.context import actor
from app.core.db import transaction
from app.core.ids import new_ulid
from app.core.mailing.bulk import queue_mailing
from app.core.mailing.letters import write_letter
from app.core.tenancy import current_company_id
from app.notifications.service import News, tell_asker
from app.reports import reads
from app.reports.content import Content
from app.reports.figures import READERS, snapshot
from app.reports.models import Report
from app.reports.periods import Period, Preset, day_period, preset_period
from app.reports.problems import NotOfThisCompany
from app.reports.schemas import NewReport
from app.reports.states import Format, Kind
from app.reports.writers import MIMETYPES, WRITERS
from app.storage.service.own import kept_until, leave_only
from app.storage.service.reserve import NewFile
from app.storage.service.sending import writing
from app.storage.states import Category

MOST_ATTACHED_BYTES = 10_000_000  # what mail servers take; larger ones are linked


def ask_for_report(wanted: NewReport, company: Company) -> Report:
    """Keep what is wanted and queue the job that makes it.

    Raises:
        PeriodBackwards, PeriodTooLong: The days cannot be a period.
        NotOfThisCompany: Somebody named is not of the company.
        JobQueuesOff: Jobs are switched off here.
    """
    period = period_of(wanted, company.timezone)
    with transaction():
        check_people(wanted.mail_to)
        row = keep_report(new_ulid(), wanted.kind, list(dict.fromkeys(wanted.formats)), period, wanted.mail_to)
        title = f"{row.title}, {row.period}"
        row.job_id = tasks.enqueue("reports.make", {"kind": row.kind, "report_id": row.id}, title=title)
    return row


def period_of(wanted: NewReport, zone: str) -> Period:
    """Return the period of a wish."""
    if wanted.from_ is not None and wanted.to is not None:
        return day_period(wanted.from_, wanted.to, zone)
    return preset_period(wanted.period or Preset.YESTERDAY, zone, clock.now())


def check_people(public_ids: Sequence[str]) -> None:
    """Refuse who is not of the company.

    Raises:
        NotOfThisCompany: Somebody is not.
    """
    missing = set(public_ids) - {row.id for row in list_audience(public_ids=public_ids)}
    if missing:
        raise NotOfThisCompany(count=len(missing))


def keep_report(report_id: str, kind: Kind, formats: list[Format], period: Period, mail_to: list[str]) -> Report:
    """Write the row of a report inside the current transaction."""
    row = Report(
        company_id=current_company_id(), id=report_id, kind=kind.value, formats=[one.value for one in formats],
        since=period.since, until=period.until, period=period.words, zone=period.zone, mail_to=mail_to, actor=actor(),
    )  # fmt: skip
    with transaction() as session:
        session.add(row)
        session.flush()
    return row


def make_asked(report_id: str) -> dict[str, Any]:
    """Make a report that somebody asked for. Made again, it replaces its files."""
    with transaction():
        row = reads.find_report(report_id)
        company = this_company()
    period = Period(row.since, row.until, row.period, row.zone)
    made, content = write_files(row.id, Kind(row.kind), [Format(one) for one in row.formats], period, company)
    finish(row.id, made, content)
    return result_of(row.id, content)


def make_scheduled(
    kind: Kind, preset: Preset, formats: list[Format], mail_to: list[str], job_id: str
) -> dict[str, Any]:
    """Make the report of a schedule; one of a period in which nothing happened is not kept."""
    with transaction():
        company = this_company()
        check_people(mail_to)
    period = preset_period(preset, company.timezone, clock.now())
    made, content = write_files(job_id, kind, formats, period, company, keeps_empty=False)
    if content.is_empty:
        return {"made": False, "notes": [f"Nothing happened in {period.words}, so no report is kept."]}
    with transaction() as session:
        if session.get(Report, (current_company_id(), job_id)) is None:
            keep_report(job_id, kind, formats, period, mail_to).job_id = job_id
    finish(job_id, made, content)
    return result_of(job_id, content)


def this_company() -> Company:
    """Return the company the job runs for."""
    row = own_company()
    return Company(row.id, row.slug, row.name, row.currency, row.timezone)


def subject_of(report_id: str) -> str:
    """Return what the stored files of a report belong to."""
    return f"report:{report_id}"


def path_of(report_id: str, kind: Format) -> Path:
    """Return where a file of a report is that was made before files were stored."""
    return files.place("reports", f"{report_id}.{kind.value}")


def find_file(row: Report, kind: Format) -> files.Kept | None:
    """Return a stored file of a report; None when it is gone, or was made before files were stored."""
    file_id = row.files[kind.value].get("file_id")
    return next((one for one in files.kept(subject_of(row.id)) if one.id == file_id), None)


def write_files(
    report_id: str, kind: Kind, formats: list[Format], period: Period, company: Company, *, keeps_empty: bool = True
) -> tuple[dict[str, Any], Content]:
    """Read the figures once, write every file from the same snapshot, and store them; what was there before goes."""
    with ExitStack() as blocks:
        targets = {one: blocks.enter_context(writing(file_of(report_id, kind, one, company))) for one in formats}
        with snapshot():
            tasks.progress(0, len(formats), "Reading figures")
            content = READERS[kind](company, period)
            for done, one in enumerate(formats):
                words = f"Writing {one.value.upper()}"

                def step(rows: int, done: int = done, words: str = words) -> None:
                    tasks.progress(done, len(formats), f"{words}, {rows:,} rows")

                WRITERS[one](content, targets[one], step)
                targets[one].is_wanted = keeps_empty or not content.is_empty
    tasks.progress(len(formats), len(formats), "Written")
    stored = {one: target.stored for one, target in targets.items() if target.stored is not None}
    leave_only(subject_of(report_id), [file.id for file in stored.values()])
    made = {
        one.value: {"size_bytes": file.size_bytes, "sha256": file.sha256, "file_id": file.id}
        for one, file in stored.items()
    }
    return made, content


def file_of(report_id: str, kind: Kind, wanted: Format, company: Company) -> NewFile:
    """Return a file of a report, to be; it is kept for FILE_KEEP_DAYS."""
    return NewFile(
        file_name=f"{kind.value}-{company.slug}-{report_id[-6:].lower()}.{wanted.value}", category=Category.REPORTS,
        content_type=MIMETYPES[wanted], subject=subject_of(report_id), expires_at=kept_until(), is_ours=True,
    )  # fmt: skip


def finish(report_id: str, made: dict[str, Any], content: Content) -> None:
    """Say that a report is there, to who asked and to who gets it by mail; once, whatever runs again."""
    with transaction():
        row = reads.find_report(report_id)
        is_first = row.finished_at is None
        row.files, row.totals, row.finished_at = made, content.lines, row.finished_at or clock.now()
        if not is_first:
            return
        if row.actor.get("id"):
            tell_asker(News("report-ready", f"{row.title} of {row.period} is ready.", f"/reports/{row.id}"), row.id)
        if row.mail_to:
            mail_report(row, content)


def mail_report(row: Report, content: Content) -> None:
    """Queue the mail with the files, or with the address alone when they are too large."""
    people = list_audience(public_ids=row.mail_to)
    size = sum(one["size_bytes"] for one in row.files.values())
    attachments = [
        {"subject": subject_of(row.id), "file": about["file_id"], "name": f"{row.kind}-report.{one}"}
        for one, about in row.files.items()
    ]
    letter = write_letter(
        "", "report", subject=f"{row.title} of {content.company}, {row.period}", title=row.title,
        company=content.company, period=row.period, lines=content.lines, report=f"/reports/{row.id}",
        is_attached=size <= MOST_ATTACHED_BYTES,
    )  # fmt: skip
    queue_mailing(
        letter, [one.email for one in people], title=f"Mail the {row.title.lower()} of {row.period}",
        attachments=attachments if size <= MOST_ATTACHED_BYTES else (),
    )  # fmt: skip


def result_of(report_id: str, content: Content) -> dict[str, Any]:
    """Return what the job says came of it."""
    return {"made": True, "page": f"/reports/{report_id}", "totals": content.lines}
