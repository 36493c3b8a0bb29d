#!/usr/bin/python3
"""Measures netecho beside other programs and beside the least that does the same work.

Usage: bench/run.py [--build FOLDER] [--rounds N] [--tiny] [--output FILE] [GROUP...]
GROUP is S1 to S8, P1 to P4, X1, X2, F, W, N, GROWTH (docs/performance.md); all of them without any.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

from harness import (
    families, machine, probing, programs, sending, serving, syscalls, targets, watching
)
from harness.figures import HEADINGS, show
from harness.rounds import Settings

BENCH = Path(__file__).resolve().parent
GROUPS = {
    "S1": serving.s1,
    "S2": serving.s2,
    "S3": serving.s3,
    "S4": serving.s4,
    "S5": serving.s5,
    "S6": serving.s6,
    "S7": serving.s7,
    "S8": serving.s8,
    "P1": probing.p1,
    "P2": probing.p2,
    "P3": probing.p3,
    "P4": probing.p4,
    "X1": sending.x1,
    "X2": sending.x2,
    "F": families.f,
    "W": watching.w,
    "N": targets.n,
    "GROWTH": serving.growth,
}


def arguments():
    parser = argparse.ArgumentParser(description="Measures netecho beside others.")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=" ".join(GROUPS))
    parser.add_argument("--build", type=Path, default=BENCH.parent / "build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tiny", action="store_true", help="only see that it works")
    parser.add_argument("--output", type=Path, help="default: bench/results/latest.json; tiny: none")
    given = parser.parse_args()
    given.groups = [each.upper() for each in given.groups] or list(GROUPS)
    if unknown := [each for each in given.groups if each not in GROUPS]:
        parser.error(f"no group {unknown[0]}; there are {' '.join(GROUPS)}")
    if given.tiny:
        given.rounds = 1
    elif given.output is None:
        given.output = BENCH / "results/latest.json"
    return given


def broken(figure):
    """What netecho or the limit could not do is a mistake, here or there."""
    return [
        each for each in figure.entries
        if not each.samples and (each.name.startswith(("netecho", "limit")))
    ]


def main():
    given = arguments()
    programs.raise_descriptor_limit()
    failures = 0
    with tempfile.TemporaryDirectory(prefix="nb-") as folder:
        settings = Settings(given.build.resolve(), given.rounds, given.tiny, Path(folder))
        results = {
            "machine": machine.describe(settings.netecho),
            "rounds": given.rounds,
            "calls_counted_by": syscalls.tool(),
            "figures": [],
            "skipped": {},  # Groups that cannot be had here, and why.
        }
        print(HEADINGS)
        for group in given.groups:
            try:
                for figure in GROUPS[group](settings):
                    print(show(figure), flush=True)
                    results["figures"].append(figure.as_json())
                    failures += len(broken(figure))
            except programs.NotAvailable as reason:
                print(f"{group}  skipped: {reason}", flush=True)
                results["skipped"][group] = str(reason)
        results["machine"]["load_average_after"] = machine.load_average()
    if given.output:
        given.output.parent.mkdir(parents=True, exist_ok=True)
        given.output.write_text(json.dumps(results, indent=1) + "\n")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
