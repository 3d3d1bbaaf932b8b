"""The doctor: right answers from a good bucket, what is wrong with a hostile one, and nothing left behind."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.core.installation import installation
from app.storage import providers
from app.storage.care import doctor, probes_signed
from app.storage.care.probe import PROBES
from app.storage.keys import PROBES as PROBE_KEYS
from app.storage.models import StorageCheck
from tests.storage import servers
from tests.storage.servers import Server


def examine(app: Flask, name: str) -> StorageCheck:
    with app.app_context(), installation():
        row = doctor.examine_provider(name)
        left = [one.key for page in providers.provider(name).list(PROBE_KEYS) for one in page]
        assert left == []
        assert list(providers.provider(name).list_multiparts(PROBE_KEYS)) == []
        return row


def verdicts(row: StorageCheck) -> dict[str, str]:
    return {one["name"]: one["verdict"] for one in row.figures["probes"]}


def said(row: StorageCheck) -> str:
    return "\n".join(f"{one['verdict']:5} {one['name']:24} {one['said']}" for one in row.figures["probes"])


def test_a_faithful_bucket_answers_everything_right(seaweed_app: Flask) -> None:
    row = examine(seaweed_app, "s3")
    found = verdicts(row)
    assert len(found) == len(PROBES) >= 20
    assert [name for name, verdict in found.items() if verdict == "bad"] == [], said(row)
    assert "seaweedfs" in row.figures["fits"]
    # It lets this key do more than it needs, and has no rule yet; and it lists a part that was sent again twice.
    assert [name for name, verdict in found.items() if verdict == "warn"] == ["part-again", "lifecycle", "rights"], (
        said(row)
    )


def test_the_disk_of_this_machine(app_with: Callable[..., Flask]) -> None:
    row = examine(app_with(), "local")
    found = verdicts(row)
    assert [name for name, verdict in found.items() if verdict == "bad"] == [], said(row)
    # Its addresses are ours and refuse whatever has no record, so what they would do with one cannot be seen so.
    unseen = [name for name in found if name.startswith("sign-put")]
    assert len(unseen) == 5
    assert {found[name] for name in unseen} == {"none"}, said(row)
    checked = ("sign-get-tampered", "sign-get-expired", "sign-get-other-method", "unsigned")
    assert {found[name] for name in checked} == {"good"}, said(row)
    counts = [list(found.values()).count(verdict) for verdict in ("good", "none")]
    assert row.sentence == f"{counts[0]} right, nothing wrong. {counts[1]} of {len(found)} are not offered there."


@pytest.mark.parametrize("answer", [True, False])
def test_a_check_of_addresses_that_asks_nothing_is_seen(
    app_with: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    monkeypatch.setattr(probes_signed, "passes", lambda *_: answer)
    found = verdicts(examine(app_with(), "local"))
    assert {found[name] for name in ("sign-get-tampered", "sign-get-expired", "unsigned")} == {"bad"}


def test_a_hostile_bucket_is_seen_through(app_with: Callable[..., Flask], rclone: Server) -> None:
    app = app_with(storage_provider="s3", **servers.settings_of(rclone, servers.make_bucket(rclone)))
    row = examine(app, "s3")
    found = verdicts(row)
    # What its profile does not claim is no mistake; what nobody may do without is one.
    assert {
        name for name in ("no-overwrite", "bad-digest", "sign-put-bytes", "sign-put-replay") if found[name] == "none"
    }, said(row)
    assert found["sign-get-tampered"] == found["unsigned"] == "good", said(row)
    assert "seaweedfs" not in row.figures["fits"], said(row)


def test_what_is_away_is_said(app_with: Callable[..., Flask], seaweed: Server) -> None:
    settings = servers.settings_of(seaweed, "no-such-bucket") | {"s3_endpoint": "http://127.0.0.1:9"}
    row = examine_away(app_with(storage_provider="s3", **settings))
    assert row.verdict == "bad"
    assert verdicts(row) == {"put": "bad"}


def examine_away(app: Flask) -> StorageCheck:
    with app.app_context(), installation():
        return doctor.examine_provider("s3")
