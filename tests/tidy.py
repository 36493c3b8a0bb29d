#!/usr/bin/env python3
"""Runs clang-tidy over the sources of cmd, core and protocols, joined as build/tidy is configured.

A library's headers are then read once for many of our files. Each joined source is written out whole,
not as a list of #include lines: clang's analyzer follows only functions that stand in the main file.
Whatever clang-tidy finds is printed under the name and line of our file; the exit code says whether.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = pathlib.Path(__file__).resolve().parent.parent
JOINED = ROOT / "build" / "tidy"
WHOLE = JOINED / "whole"
ROOMS = ("cmd", "core", "protocols")
OURS = tuple(f"{top / room}/" for room in ROOMS for top in (ROOT, JOINED))  # Some are not joined.
INCLUDED = re.compile(r'^#include "(/[^"]+\.cpp)"$')


class Whole:
    """One joined source, written out."""

    def __init__(self, entry, number):
        self.path = WHOLE / f"{number}.cpp"
        self.origin = []  # Of each line: whose it is, and which line of it.
        text = []
        for line in pathlib.Path(entry["file"]).read_text().splitlines():
            included = INCLUDED.match(line)
            source = pathlib.Path(included[1]) if included else None
            lines = source.read_text().splitlines() if source else [line]
            text += lines
            self.origin += [(source, at) for at in range(1, len(lines) + 1)]
        self.path.write_text("\n".join(text) + "\n")
        command = entry["command"].replace(entry["file"], str(self.path))
        self.entry = {"directory": entry["directory"], "file": str(self.path), "command": command}

    def named(self, found):
        """`found` with our files' names and lines in it."""

        def place(match):
            source, at = self.origin[int(match[1]) - 1]
            return f"{source.relative_to(ROOT) if source else self.path}:{at}:"

        return re.sub(re.escape(str(self.path)) + r":(\d+):", place, found)

    def check(self):
        run = subprocess.run(
            ["clang-tidy", "--quiet", "-p", str(WHOLE), str(self.path)], capture_output=True, text=True
        )
        return run.returncode, self.named(run.stdout)


def main():
    entries = json.loads((JOINED / "compile_commands.json").read_text())
    WHOLE.mkdir(exist_ok=True)
    ours = [e for e in entries if e["file"].startswith(OURS)]
    wholes = [Whole(entry, number) for number, entry in enumerate(ours)]
    wholes.sort(key=lambda whole: -len(whole.origin))  # The longest first: none is waited for alone.
    (WHOLE / "compile_commands.json").write_text(json.dumps([whole.entry for whole in wholes]))
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = list(pool.map(Whole.check, wholes))
    for code, found in results:
        if code:
            print(found, end="")
    return any(code for code, _ in results)


if __name__ == "__main__":
    sys.exit(main())
