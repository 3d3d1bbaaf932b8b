"""`current_app` stands for the app only in the request at hand: it is handed on to nobody who may keep it."""

import ast
from pathlib import Path

APP = Path(__file__).parents[2] / "app"
# These look something up and keep nothing of what they were given.
LOOKS_UP = {"access_of", "checks_of", "why_not_ready"}


def handed_on(tree: ast.AST) -> list[int]:
    """Return the lines where it is an argument, or is given a name that outlives the statement."""
    found = []
    for node in ast.walk(tree):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in LOOKS_UP):
            given = [*node.args, *(one.value for one in node.keywords)]
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.Return) and node.value is not None:
            given = [node.value]
        found += [node.lineno for one in given if isinstance(one, ast.Name) and one.id == "current_app"]
    return sorted(found)


def test_the_look_finds_what_it_is_for() -> None:
    spoiled = "everybody(current_app)\nboard = Board(app=current_app)\nkept = current_app\nchecks_of(current_app)"
    assert handed_on(ast.parse(spoiled)) == [1, 2, 3]


def test_nobody_hands_the_proxy_on() -> None:
    found = [
        f"{path.relative_to(APP)}:{line}"
        for path in APP.rglob("*.py")
        for line in handed_on(ast.parse(path.read_text()))
    ]
    assert found == []
