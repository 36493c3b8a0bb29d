#!/usr/bin/env python3
"""Every message that docs/troubleshooting.md explains is one of the program's: its words are in the
sources, or it is what the system says for an errno. In the page `…` stands for what differs."""

import errno
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/troubleshooting.md"
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')


def literals_of(text):
    """Every string of a source, those that the compiler joins as one."""
    joined = []
    end = None
    for found in LITERAL.finditer(text):
        if end is not None and not text[end : found.start()].strip():
            joined[-1] += found[1]
        else:
            joined.append(found[1])
        end = found.end()
    return [each.replace('\\"', '"') for each in joined]


def words_of_the_program():
    sources = [file for folder in ("core", "protocols", "cmd") for file in (ROOT / folder).rglob("*.[ch]pp")]
    return {literal for file in sources for literal in literals_of(file.read_text())}


def words_of_the_system():
    return {f"{os.strerror(number)} ({name})" for number, name in errno.errorcode.items()}


def messages():
    """(line, message) of each row of a table whose first column is `message`."""
    inside = False
    for number, line in enumerate(PAGE.read_text().splitlines(), 1):
        cells = re.split(r"(?<!\\)\|", line)
        if not line.startswith("|"):
            inside = False
        elif cells[1].strip() == "message":
            inside = True
        elif inside and not set(line) <= set("|-"):
            yield from ((number, message) for message in re.findall(r"`([^`]*)`", cells[1]))


def main():
    program, system = words_of_the_program(), words_of_the_system()
    complaints = []
    count = 0
    for number, message in messages():
        count += 1
        parts = [part for part in message.split("…") if re.search(r"[A-Za-z]", part)]
        for part in parts:
            if part not in system and not any(part in literal for literal in program):
                complaints.append(f"{PAGE.name}:{number}: nothing says {part!r}")
        if not parts:
            complaints.append(f"{PAGE.name}:{number}: no word in {message!r}")
    if count < 50:
        complaints.append(f"{PAGE.name}: only {count} messages were found")
    print(*complaints, sep="\n", end="\n" if complaints else "")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
