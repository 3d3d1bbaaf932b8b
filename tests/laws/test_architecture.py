"""Laws of the house that no linter knows."""

import ast
import re
from pathlib import Path

from flask import Flask

from app.core.access import access_of
from app.core.openapi import contracts, document
from app.core.outbox import FACTS

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for path in (ROOT / "app").rglob("*.py"))
LONGEST_FILE = 300
LONGEST_FUNCTION = 60


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_one_commit_in_the_tree() -> None:
    found = [relative(p) for p in MODULES if re.search(r"\.commit\(\)", p.read_text())]
    assert found in ([], ["app/core/db.py"]), found


def test_redis_clients_come_from_the_factory() -> None:
    makes = re.compile(
        r"\b(redis|valkey|Redis|StrictRedis|Valkey)\.(from_url|Redis|StrictRedis)\(|[^\w.]Redis\(\s*host"
    )
    found = [relative(p) for p in MODULES if makes.search(p.read_text())]
    assert set(found) <= {"app/core/redis.py", "app/core/embedded/valkey.py"}, found


def test_a_file_fits_in_a_head() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}


def test_a_function_fits_on_a_screen() -> None:
    lengths = {
        f"{relative(path)} {node.name}": (node.end_lineno or 0) - node.lineno
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


def test_every_route_stands_in_the_access_table(app: Flask) -> None:
    undecided = [rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None]
    assert undecided == []


def test_every_json_route_is_documented_and_the_reverse(app: Flask) -> None:
    served = {
        (method.lower(), rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.rule != "/api/openapi.json"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    documented = {(method.lower(), rule) for method, rule in contracts(app)}
    assert served - documented == set(), "served without a contract"
    assert len(document(app)["paths"]) == len({rule for _, rule in contracts(app)})


def test_every_fact_is_named_in_the_past_tense_of_its_topic() -> None:
    for type_, fact in FACTS.items():
        if fact.__module__.startswith("app."):
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*", type_), type_
            assert fact.__doc__, f"{type_} has no sentence for the catalogue"
