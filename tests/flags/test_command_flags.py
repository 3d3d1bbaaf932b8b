"""`flask flags …`, for whoever is locked out."""

import json
import re
from pathlib import Path

from click.testing import Result

from tests.flags.acts import fresh_key, is_on, make_flag
from tests.world import Person


def run(pat: Person, *arguments: str) -> Result:
    return pat.app.test_cli_runner().invoke(args=["flags", *arguments])


def test_a_flag_is_switched_without_signing_in(pat: Person) -> None:
    key = make_flag(pat, scope="global")
    assert "on " in run(pat, "enable", key, "--reason", "locked out").output
    assert is_on(pat, key)
    assert "all or nothing" in run(pat, "rollout", key, "12.5").output
    assert "allow 2" in run(pat, "allow", key, "harbour", "northwind").output
    assert "block 1" in run(pat, "block", key, "harbour").output
    assert run(pat, "disable", key).exit_code == 0
    assert not is_on(pat, key)
    assert key in run(pat, "list").output
    assert {"key": key, "enabled": False, "percentage": 100, "scope": "global"} in json.loads(
        run(pat, "list", "--json").output
    )


def test_a_mistake_is_a_sentence(pat: Person) -> None:
    answer = run(pat, "enable", fresh_key())
    assert answer.exit_code == 1
    assert "There is no flag" in answer.output
    for wrong in ("101", "many", "0.0001"):
        assert "from 0 to 100" in run(pat, "rollout", "mobile-app", wrong).output
    assert "no environment" in run(pat, "list", "--environment", "moon").output


def test_an_answer_is_explained(pat: Person) -> None:
    key = make_flag(pat, scope="company")
    run(pat, "enable", key)
    assert "50 %" in run(pat, "rollout", key, "50").output
    told = run(pat, "explain", key, "company=harbour").output
    assert "kill-switch" in told
    assert re.search(r"harbour draws [\d.]+ %, the share is 50 %", told)
    assert "nobody to draw for" in (nobody := run(pat, "explain", key).output)
    assert "None" not in nobody.partition("\n=")[0]
    assert told.splitlines()[-1].startswith("= o")


def test_flags_go_out_and_come_in_as_a_document(pat: Person, tmp_path: Path) -> None:
    key, file = fresh_key(), tmp_path / "flags.json"
    flag = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
    file.write_text(json.dumps({"flags": {key: flag}}))
    assert "1 made" in run(pat, "import", str(file)).output
    assert is_on(pat, key)
    out = run(pat, "export").output
    assert f'"{key}"' in out
    file.write_text(json.dumps({"flags": {key: {"state": "MAYBE"}}}))
    refused = run(pat, "import", str(file))
    assert refused.exit_code == 1
    assert "/flags" in refused.output


def test_keys_are_found_in_code_where_they_stand_whole(pat: Person, tmp_path: Path) -> None:
    key, gone = make_flag(pat), make_flag(pat)
    (tmp_path / "shop.py").write_text(f'if flags.is_enabled("{key}"):\n    pass\nx = "{gone}-more"\n')
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "far.js").write_text(gone)
    (tmp_path / "picture.png").write_bytes(b"\xff\xfe" + gone.encode())
    told = run(pat, "references", str(tmp_path)).output
    assert f"shop.py:1: {key}" in told
    nowhere = next(line for line in told.splitlines() if line.startswith("Found nowhere"))
    assert gone in nowhere
    assert key not in nowhere
