#!/usr/bin/env python3
"""No `noexcept` function allocates or throws, but for those that are listed here with the reason.

What throws in one ends the process. This reads the text of each such function for what can throw;
what its callees do it can't see: those that are not noexcept stand in the same list by themselves.
"""

import re
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
NOEXCEPT = re.compile(r"([~\w:]+)\([^;{}]*\)\s*(?:const\s*)?noexcept\s*(?:override\s*)?(?:try\s*)?"
                      r"(?::[^;{}]*)?\{")
THROWS = re.compile(
    r"std::string\b|std::vector<|std::function<|make_unique|make_shared|to_string\(|\+ \"|throw |"
    r"push_back|emplace|\.insert\(|\.append\(|\.reserve\(|SysError|describe\w*\(|checked\(|\bnew [A-Z]|"
    r"std::thread|log_\w+\("
)
# What shared_.emit() is given may throw.
TOLD = re.compile(r"emit\(\[[&\w]*\] \{.*?\}\)", re.S)

ALLOWED = {
    "StreamConnection::start_holding": "room is made when a connection is opened",
    "Reactor::Timer::set": "inserts a node that it has",
    "give_back": "room is made at the start",
    "ConnectPort::finish": "room is made when a slot is",
    "ConnectPort::deliver": "room is made when a slot is",
}
SET_UP = re.compile(r"\w*_backend$")  # A table of functions, made once.


def body_at(text, start):
    depth = 0
    for at in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return text[start:at], at
    return text[start:], len(text)


def suspects():
    for folder in ("core", "protocols", "cmd"):
        for path in sorted((PROJECT / folder).rglob("*.[ch]pp")):
            text = re.sub(r"//[^\n]*", "", path.read_text())
            for found in NOEXCEPT.finditer(text):
                body, end = body_at(text, found.end() - 1)
                caught = re.match(r"\}\s*catch \(", text[end:])
                if THROWS.search(TOLD.sub("", body)) and not caught:
                    yield path.relative_to(PROJECT), found[1]


def main():
    found = [(path, name) for path, name in suspects() if not SET_UP.search(name)]
    for path, name in found:
        if name not in ALLOWED:
            print(f"{path}: {name}() is noexcept and may throw: that would end the process")
    for name in ALLOWED.keys() - {name for _, name in found}:
        print(f"{Path(__file__).name}: {name}() is no suspect any more: take it off the list")
    return 0 if {name for _, name in found} == ALLOWED.keys() else 1


if __name__ == "__main__":
    sys.exit(main())
