#!/usr/bin/env python3
"""Breaks one thing at a time, and sees whether the tests notice: mutation.py [NUMBER... | WORDS]

tests/mutation/*.toml lists what is broken; CONTRIBUTING.md says how to read and extend that. All of
it happens in copies of the sources below build/mutation, one a processor.
"""

import collections
import concurrent.futures
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "mutation"))
from copies import Broken, Copy, work_alone  # noqa: E402
from edits import complaints, read_edits  # noqa: E402

BAR = 0.95
LEAST_S = 60  # Who takes longer, and ten times as long as where nothing is broken, hangs.


def judge(copy, edit, seconds_of):
    """What came of one edit."""
    tests = [spec for spec in edit["tests"] if spec in seconds_of]
    if not tests:
        return "not tried: its tests skip here"
    copy.break_by(edit)
    try:
        copy.make(tests)
    except Broken as error:
        return f"DOES NOT BUILD\n{error}"
    for spec in tests:
        status, _ = copy.test(spec, LEAST_S + 10 * seconds_of[spec])
        if status != 0:
            return f"noticed by {spec}" + (", which hangs" if status is None else "")
    return "SURVIVES" + (f" ({edit['equivalent']})" if "equivalent" in edit else "")


def time_tests(copy, specs):
    """How long each takes where nothing is broken, without those that only skip here."""
    seconds_of = {}
    while specs:
        spec = specs.popleft()
        begin = time.monotonic()
        status, output = copy.test(spec, 600)
        if status != 0:
            raise Broken(f"{spec} fails though nothing is broken\n{output[-4000:]}")
        if "passed" in output:
            seconds_of[spec] = time.monotonic() - begin
    return seconds_of


def work_off(copy, groups, seconds_of, tell):
    while groups:
        group = groups.popleft()
        while group:
            edit = group.pop(0)
            tell(edit, judge(copy, edit, seconds_of))


def run(edits):
    """The results by the edits' numbers."""
    by_file = collections.defaultdict(list)  # Neighbours cost one compilation, not two.
    for edit in edits:
        by_file[edit["file"]].append(edit)
    groups = collections.deque(by_file.values())
    specs = collections.deque(sorted({spec for edit in edits for spec in edit["tests"]}))
    workers = min(os.cpu_count(), len(groups))
    print(f"mutation: {workers} copies are built (the first time takes minutes), "
          f"and {len(specs)} tests run on what is not broken", flush=True)
    copies = [Copy(number) for number in range(workers)]
    for copy in copies:  # One by one: with ccache the first compiles for all.
        copy.prepare(specs)
    for copy in copies:
        copy.jobs = max(1, copy.jobs // workers)
    results = {}
    lock = threading.Lock()

    def tell(edit, result):
        with lock:
            results[edit["number"]] = result
            print(f"{edit['number']:4} {edit['breaks']}: {result}", flush=True)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        try:
            seconds_of = {}
            for part in pool.map(lambda copy: time_tests(copy, specs), copies):
                seconds_of |= part
            list(pool.map(lambda copy: work_off(copy, groups, seconds_of, tell), copies))
        except BaseException:  # Ctrl-C, too: then each ends with the test at hand.
            for left in (specs, groups, *by_file.values()):
                left.clear()
            raise
    return results


def chosen(edits, arguments):
    if arguments and all(each.isdigit() for each in arguments):
        return [edit for edit in edits if str(edit["number"]) in arguments]
    words = " ".join(arguments)
    return [edit for edit in edits if words in f"{edit['list']}: {edit['breaks']}"]


def main(arguments):
    edits = read_edits()
    if wrong := list(complaints(edits)):
        print(*wrong, sep="\n", file=sys.stderr)
        return 2
    edits = chosen(edits, arguments)
    if not edits:
        print("mutation: no edit has this number, or these words", file=sys.stderr)
        return 2
    try:
        with work_alone():
            results = run(edits)
    except Broken as error:
        print(f"mutation: {error}", file=sys.stderr)
        return 2
    tried = [edit for edit in edits if not results[edit["number"]].startswith("not tried")]
    left = [edit for edit in tried if not results[edit["number"]].startswith("noticed")]
    print(f"{len(tried) - len(left)} of {len(tried)} noticed" +
          ("; survivors:" if left else ""))
    for edit in left:
        print(f"{edit['number']:4} {edit['breaks']}")
    return len(left) > (1 - BAR) * len(tried)


sys.exit(main(sys.argv[1:]))
