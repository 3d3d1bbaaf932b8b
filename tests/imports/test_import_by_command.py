"""`flask orders import`: the printed account, a bar, a kill in the middle, the real file."""

import json
import os
import subprocess
import sys
from decimal import Decimal

import pytest

from tests.imports.conftest import HEADER
from tests.site import ROOT


def command(environment, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "flask", "orders", "import", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environment, "FLASK_APP": "app:create_app"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def finish(process):
    out, error = process.communicate(timeout=180)
    assert process.returncode == 0, error[-2000:]
    return out


def test_the_account_is_printed(ada, environment, sales_file):
    out = finish(command(environment, sales_file, "--company", ada.company_slug))
    assert "Sales                      5           2                     73.5300" in out
    assert "4 orders were created" in out
    assert "line 14: It has no stock code." in out


def test_an_unknown_company_is_told(environment, sales_file):
    process = command(environment, sales_file, "--company", "nobody-here")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "There is no company 'nobody-here'" in error


def test_a_wrong_file_is_told(ada, environment, write):
    process = command(environment, write("a,b\n1,2\n"), "--company", ada.company_slug)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Missing: InvoiceNo" in error


@pytest.mark.slow
def test_killed_in_the_middle_and_run_again_it_ends_the_same(ada, cleo, environment, write, ask, wait):
    lines = [
        f"{10_000 + n},{'ABCDEFG'[k]},Thing {k},{k + 1},2011-01-{1 + n % 28:02d} 10:{n % 60:02d}:00,1.25,{n % 50},France"
        for n in range(2000)
        for k in range(7)
    ]
    path = write("\n".join([HEADER, *lines]) + "\n")
    finish(command(environment, path, "--company", cleo.company_slug))
    process = command(environment, path, "--company", ada.company_slug)
    wait(lambda: ask(ada, "SELECT count(*) FROM orders")[0][0] >= 250, limit_s=60)
    process.kill()
    process.communicate()
    assert ask(ada, "SELECT count(*) < 2000 FROM orders") == [(True,)]
    report = json.loads(finish(command(environment, path, "--company", ada.company_slug, "--json")))
    assert report["orders"]["known"] >= 250
    for text in (
        "SELECT number, external_ref, total_minor FROM orders ORDER BY 1",
        "SELECT order_number, line_no, sku, quantity FROM order_lines ORDER BY 1, 2",
    ):
        assert ask(ada, text) == ask(cleo, text)


@pytest.mark.slow
def test_half_a_year_of_a_real_retailer(ada, environment, real_file, ask):
    report = json.loads(finish(command(environment, real_file, "--company", ada.company_slug, "--json")))
    assert (report["lines"], report["invoices"]) == (209_029, 10_783)
    assert Decimal(report["total"]) == Decimal("3706827.641")
    assert sum(one["lines"] for one in report["classes"]) + report["skipped"]["lines"] == 209_029
    assert sum(one["invoices"] or 0 for one in report["classes"]) == 10_783
    assert ask(ada, "SELECT count(*), sum(total_minor) FROM orders") == [(10_132, 370_682_764)]
    assert ask(ada, "SELECT count(*) FROM import_lines") == [(209_029,)]
    again = json.loads(finish(command(environment, real_file, "--company", ada.company_slug, "--json")))
    assert (again["orders"]["created"], again["newLines"], again["knownLines"]) == (0, 0, 209_029)
