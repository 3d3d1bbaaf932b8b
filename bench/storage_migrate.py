"""Moving files from a disk to SeaweedFS, ours beside rclone and beside a loop over the SDK: rate, processors, proof."""

import hashlib
import random
import time
from pathlib import Path

import psycopg
from flask import Flask

from app import create_app
from app.core.db import db
from app.core.ids import new_ulid
from app.core.installation import installation
from app.storage.keys import new_key
from app.storage.migrating import service
from app.storage.migrating.checking import check_all
from app.storage.migrating.runner import run
from app.storage.migrating.standing import Standing
from app.storage.states import Category
from bench.storage_work import THREADS, TYPE, Took, boto, fresh, over, processors, rclone, timed
from tests import stage
from tests.services import running_services
from tests.storage import servers
from tests.storage.servers import Server

LEAST, MOST = 1_000, 32_000
COLUMNS = "company_id, id, key, category, provider, state, file_name, content_type, size_bytes, sha256"


def measure_migration(server: Server, folder: Path, count: int) -> None:
    """Move so many files by each, and prove that they arrived."""
    with running_services() as services:
        urls = services.create_database()
        stage.migrate(urls, services.redis_url, folder)
        environment = stage.environment_for(urls, services.redis_url, folder)
        superuser = services.superuser_url(urls["DATABASE_URL"].rpartition("/")[2].partition("?")[0])
        objects = Path(environment["UPLOAD_DIR"]).resolve() / "objects"
        total = fill(superuser, objects, count)
        print(f"{count:,} files, {total / 1e6:,.0f} MB, from this disk to SeaweedFS, {THREADS} threads\n")
        print(f"{'':48}{'files/s':>9}{'CPU ms each':>13}")
        for by_list in (False, True):
            app = app_at(server, environment)
            move_ours(app, count, by_list=by_list)
            with app.app_context():
                for engine in db.engines.values():
                    engine.dispose()
            with psycopg.connect(superuser) as sql:
                sql.execute("UPDATE stored_files SET mirror = '', mirrored_at = NULL")
        move_others(server, objects, count)


def app_at(server: Server, environment: dict[str, str]) -> Flask:
    """Return an app whose other provider is a fresh bucket."""
    settings = {name.upper(): value for name, value in servers.settings_of(server, fresh(server)).items()}
    return create_app(
        stage.settings_from({**environment, **settings, "LOG_LEVEL": "ERROR", "ENABLE_JOB_QUEUES": "false"})
    )


def fill(superuser: str, objects: Path, count: int) -> int:
    """Write files and their rows: what a disk of some age has. Return their bytes."""
    dice, total = random.Random(11), 0
    with psycopg.connect(superuser) as sql:
        sql.execute(
            "INSERT INTO companies (public_id, slug, name, type) VALUES (%s, 'bench', 'Bench', 'retailer')",
            (new_ulid(),),
        )
        [company] = sql.execute("SELECT id FROM companies WHERE slug = 'bench'").fetchone() or (0,)
        with sql.cursor().copy(f"COPY stored_files ({COLUMNS}) FROM STDIN") as rows:
            for number in range(count):
                body = dice.randbytes(dice.randrange(LEAST, MOST))
                key = new_key(company, Category.DOCUMENTS)
                path = objects / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
                total += len(body)
                rows.write_row((company, new_ulid(), key, "documents", "local", "ready", f"{number}.txt", TYPE, len(body), hashlib.sha256(body).hexdigest()))  # fmt: skip
        sql.execute("ANALYZE stored_files")
    return total


def move_ours(app: Flask, count: int, *, by_list: bool) -> None:
    """Plan, copy, verify; and unless that is by list, compare every byte, switch, and go back."""
    with app.app_context():
        with installation():
            row = service.plan("local", "s3", options={"threads": THREADS, "by_list": by_list})
            service.start(row.id)
        marks = {"copying": (time.perf_counter(), processors())}

        def told(standing: Standing, _: object) -> None:
            marks.setdefault(standing.row.phase, (time.perf_counter(), processors()))

        run(row.id, told=told)
        copying = between(marks["copying"], marks["verifying"], "ours: copy, SHA-256 compared at both ends", count)
        how = "pages of a list" if by_list else "length and SHA-256 by HEAD"
        verifying = between(marks["verifying"], marks["ready"], f"ours: verify, {how}", count)
        for one in (copying, verifying):
            tell(one)
        tell(Took("ours: both", copying.seconds + verifying.seconds, copying.cpu_s + verifying.cpu_s, count))
        if not by_list:
            compare_and_go_back(row.id, count)
        else:
            with installation():
                service.stop(row.id, "bench")


def between(began: tuple[float, float], ended: tuple[float, float], name: str, count: int) -> Took:
    """Return what lies between two marks."""
    return Took(name, ended[0] - began[0], ended[1] - began[1], count)


def compare_and_go_back(migration_id: str, count: int) -> None:
    """Compare every byte, switch, and go back."""
    with installation():
        planned = service.migration(migration_id)
    found: list[object] = []
    tell(timed("ours: every byte read again", count, lambda: found.append(check_all(planned, lambda *_: None))))
    print(f"  {found[0]}")
    with installation():
        service.switch(migration_id, "bench")
    tell(timed("ours: switch", count, lambda: run(migration_id)))
    with installation():
        service.roll_back(migration_id, "bench")
    tell(timed("ours: way back", count, lambda: run(migration_id)))


def move_others(server: Server, objects: Path, count: int) -> None:
    """Copy and check by rclone, and by a loop over the SDK."""
    at, again = fresh(server), [f"--transfers={THREADS}", f"--checkers={THREADS}"]
    copied = timed(
        "rclone copy --checksum", count, lambda: rclone(server, "copy", "--checksum", *again, str(objects), f"at:{at}")
    )
    checked = timed("rclone check", count, lambda: rclone(server, "check", *again, str(objects), f"at:{at}"))
    tell(copied)
    tell(checked)
    tell(Took("rclone: both", copied.seconds + checked.seconds, copied.cpu_s + checked.cpu_s, count))
    tell(
        timed(
            "rclone check --download",
            count,
            lambda: rclone(server, "check", "--download", *again, str(objects), f"at:{at}"),
        )
    )
    client, bucket = boto(server), fresh(server)
    names = [str(path.relative_to(objects)) for path in objects.rglob("*") if path.is_file()]

    def put(name: str) -> None:
        body = (objects / name).read_bytes()
        client.put_object(
            Bucket=bucket, Key=name, Body=body, ContentType=TYPE, ChecksumAlgorithm="SHA256", IfNoneMatch="*"
        )

    def look(name: str) -> None:
        client.head_object(Bucket=bucket, Key=name, ChecksumMode="ENABLED")

    put_all = timed("boto3: put_object with SHA-256", count, lambda: over(names, put))
    seen = timed("boto3: head_object", count, lambda: over(names, look))
    tell(put_all)
    tell(Took("boto3: both", put_all.seconds + seen.seconds, put_all.cpu_s + seen.cpu_s, count))


def tell(one: Took) -> None:
    """Print one line."""
    print(f"  {one.name:46}{one.count / one.seconds:9,.0f}{1000 * one.cpu_s / one.count:13.3f}", flush=True)
