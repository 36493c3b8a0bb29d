"""The edits of tests/mutation/*.toml, and whether they are alive: what each is to change is there
once, and its tests exist. CTest runs this file by itself (mutation/edits)."""

import collections
import fnmatch
import pathlib
import re
import shlex
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
KEYS = {"breaks", "file", "before", "after", "tests"}
MOST_EQUIVALENT = 5


def read_edits():
    edits = []
    for path in sorted((ROOT / "tests/mutation").glob("*.toml")):
        for edit in tomllib.loads(path.read_text())["edit"]:
            edits.append(edit | {"number": len(edits) + 1, "list": path.stem})
    return edits


def read_tests():
    """The test programs and the cases of all of them, and the pytest files with their functions."""
    tests = ROOT / "tests"
    lists = "\n".join(path.read_text() for path in tests.rglob("CMakeLists.txt"))
    programs = set(re.findall(r"netecho_test\(\s*(\w+)", lists))
    cases = [
        case
        for path in tests.rglob("*_test.cpp")
        for case in re.findall(r'TEST_CASE\(\s*"([^"]+)"', path.read_text())
    ]
    functions = {
        f"{path.parent.name}/{path.stem}": re.findall(r"def (test_\w+)", path.read_text())
        for path in tests.rglob("*_test.py")
    }
    return programs, cases, functions


def test_complaints(spec, programs, cases, functions):
    name, *arguments = shlex.split(spec)
    if name in programs:
        missing = [each for each in arguments if not fnmatch.filter(cases, each.lstrip("~"))]
    elif name in functions:
        words = set(re.findall(r"\w+", " ".join(arguments[1:]))) - {"and", "or", "not"}
        missing = [word for word in words if not any(word in each for each in functions[name])]
    else:
        missing = [name]
    return [f"there is no test {each!r} ({spec})" for each in missing]


def edit_complaints(edit, tests):
    if not KEYS <= set(edit) <= KEYS | {"equivalent", "number", "list"}:
        yield f"its keys are not {sorted(KEYS)}"
        return
    path = ROOT / edit["file"]
    count = path.read_text().count(edit["before"]) if path.is_file() else 0
    if count != 1:
        yield f"what it is to change is {count} times in {edit['file']}"
    if edit["before"] == edit["after"] or not edit["tests"]:
        yield "it changes nothing, or no test should notice"
    for spec in edit["tests"]:
        yield from test_complaints(spec, *tests)


def complaints(edits):
    tests = read_tests()
    for edit in edits:
        for why in edit_complaints(edit, tests):
            yield f"{edit['list']}: {edit.get('breaks')}: {why}"
    for breaks, count in collections.Counter(edit["breaks"] for edit in edits).items():
        if count > 1:
            yield f"{breaks}: it is listed {count} times"
    if sum("equivalent" in edit for edit in edits) > MOST_EQUIVALENT:
        yield f"more than {MOST_EQUIVALENT} edits are said to make no difference"


if __name__ == "__main__":
    found = list(complaints(read_edits()))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
