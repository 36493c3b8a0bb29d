#!/usr/bin/env python3
"""Every row of the tables of docs/reliability.md names tests, and every test that is named exists."""

import re
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs/reliability.md"


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


def main():
    cases = catch_cases()
    complaints, named = [], 0
    for number, cells, column in rows(PAGE.read_text()):
        names = re.findall(r"`([^`]*)`", cells[column]) if len(cells) > column else []
        named += len(names)
        if not names:
            complaints.append(f"{PAGE.name}:{number}: no test for: {cells[0]}")
        for name in names:
            if not (pytest_case_exists(name) if "::" in name else name in cases):
                complaints.append(f"{PAGE.name}:{number}: there is no such test: {name}")
    if named == 0:
        complaints.append(f"{PAGE.name}: no table names a test")
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
