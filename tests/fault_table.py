#!/usr/bin/env python3
"""Every row of the tables of docs/reliability.md and SECURITY.md names tests, and every test that
is named exists."""

import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGES = [TESTS.parent / "docs/reliability.md", TESTS.parent / "SECURITY.md"]


def rows(text):
    """(line, cells) of every row of a table with a column `test`."""
    tests = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.startswith("|"):
            tests = None
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "test" in cells:
            tests = cells.index("test")
        elif tests is not None and not set(line) <= set("|-"):
            yield number, cells, tests


def pytest_case_exists(name):
    path, case = name.split("::")
    file = TESTS / path
    return file.exists() and re.search(rf"^def {case}\(", file.read_text(), re.M) is not None


def catch_cases():
    found = set()
    for file in TESTS.rglob("*.cpp"):
        found |= set(re.findall(r'TEST_CASE\(\s*"([^"]*)"', file.read_text()))
    return found


def complaints_about(page, cases):
    named = 0
    for number, cells, column in rows(page.read_text()):
        names = re.findall(r"`([^`]*)`", cells[column]) if len(cells) > column else []
        named += len(names)
        if not names:
            yield f"{page.name}:{number}: no test for: {cells[0]}"
        for name in names:
            if not (pytest_case_exists(name) if "::" in name else name in cases):
                yield f"{page.name}:{number}: there is no such test: {name}"
    if named == 0:
        yield f"{page.name}: no table names a test"


def main():
    cases = catch_cases()
    complaints = [each for page in PAGES for each in complaints_about(page, cases)]
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
