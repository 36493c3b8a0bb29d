#!/usr/bin/env python3
"""The laws of the house: who may include whom, and who may know what.

Arrows run one way: cmd → protocols → core, and inside of each from the first row of ALLOWED to the
last. What breaks a law today stands in DEBTS; a debt that was paid has to leave the list.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# A room: what it may include besides itself. A name with a dot is one header.
BASICS = {"core/base"}
CORE = {
    "core/base": set(),
    "core/codec": BASICS,
    "core/net": BASICS,
    "core/host": BASICS | {"core/codec"},
    "core/measure": BASICS | {"core/codec"},
    "core/seam": BASICS | {"core/net"},
    "core/facts": BASICS | {"core/net", "core/measure"},
}
OF_ENGINES = set(CORE)
CORE |= {
    "core/serve": OF_ENGINES,
    "core/send": OF_ENGINES,
    "core/probe": OF_ENGINES,
    # Drives the engine that probes, and keeps figures of its own.
    "core/watch": OF_ENGINES | {"core/probe"},
    "core/http": BASICS | {"core/net"},
    "core/report": BASICS | {"core/net", "core/measure", "core/facts"},
    # A page is made of facts; whoever reads them again stands outside of it.
    "core/report/page": BASICS | {"core/measure", "core/facts", "core/report"},
}
OF_PROTOCOLS = BASICS | {"core/seam", "core/net", "core/host"}
PROTOCOLS = {
    "protocols/grammar": OF_PROTOCOLS,
    "protocols/rules": OF_PROTOCOLS,
    "protocols/registry.hpp": OF_PROTOCOLS | {"protocols/grammar"},
    "protocols/ip": OF_PROTOCOLS | {"protocols/registry.hpp", "protocols/grammar"},
    "protocols/message": OF_PROTOCOLS | {"protocols/rules"},
    "protocols/stream": OF_PROTOCOLS | {"protocols/registry.hpp", "protocols/rules"},
    # What transports of frames share: AF_PACKET.
    "protocols/link": OF_PROTOCOLS | {"protocols/message"},
}
COMMON = OF_PROTOCOLS | set(PROTOCOLS)
PROTOCOLS |= {
    "protocols/icmp": COMMON,
    "protocols/tcp": COMMON,
    "protocols/mptcp": COMMON | {"protocols/tcp"},
    "protocols/udp": COMMON,
    "protocols/unix": COMMON,
    # Their wire format is no payload: what is in front of it is read where frames come in.
    "protocols/packet": COMMON | {"core/codec"},
    "protocols/ipx": COMMON | {"core/codec"},
    "protocols/inherited": COMMON
    | {"protocols/mptcp", "protocols/tcp", "protocols/udp", "protocols/unix"},
}
OF_COMMANDS = set(CORE) - {"core/codec"} | {
    "protocols",
    "protocols/registry.hpp",
    "protocols/grammar",
}
ALLOWED = CORE | PROTOCOLS | {
    "protocols": OF_PROTOCOLS | set(PROTOCOLS),
    # What runs a job has the job, the log and what all commands share; of the rest of cmd nothing.
    "cmd/run": OF_COMMANDS,
    "cmd": OF_COMMANDS | {"cmd/run"},
}

# A library that one room alone knows.
ONLY = {
    "CLI/": "cmd",
    "spdlog/": "cmd/run",
    "nlohmann/": "core/report",
    "sodium": "core/codec",
    "event2/": "core/http",
}
# Who runs a job knows no format: presenters do.
RUNS = "cmd/run"
FORMATS = ("core/report/json",)
# What engines see of a transport says nothing of the system's own types.
SEAM = re.compile(r"core/seam/.*\.hpp")
SYSTEM = re.compile(r"#include <(sys/|netinet/|linux/|arpa/|net/)")
# A scheme is spelled where it is implemented, and nowhere below.
SCHEME = re.compile(r'"(?:tcp|mptcp|udp|unix|unixgram|unixpacket|packet|ipx)[46]?(?::|://)?"')
# The names of families of addresses and that of a figure, which happen to be schemes, too.
NO_SCHEME = re.compile(
    r'kUnixFamilyName = "unix"|k(Packet|Ipx)FamilyName = "(packet|ipx)"|v\("mptcp", ')

# What clang-tidy can't see, as it reads many sources as one.
INCLUDE = re.compile(r'#include ["<]([^">]+)[">]')

LONGEST = 400  # Lines of a file, of a test's too.

# FILE → WHAT: each of these goes when its room is rebuilt.
DEBTS = {
}


def room(path):
    """The folder of a file; a header that others alone may include is its own room."""
    return path if path in ALLOWED else str(pathlib.PurePath(path).parent)


def code_of(line):
    return line.partition("//")[0]


def breaches(name, line):
    """(debt, complaint) of each law that this line breaks."""
    here = room(name)
    own = re.match(r'#include "([^"]+)"', line)
    if own and (to := room(own[1])) != here and to not in ALLOWED[here]:
        yield f"{here} → {to}", f"{here} may not include {to} ({own[1]})"
    if own and here == RUNS and own[1].startswith(FORMATS):
        yield f"{name}: format", f"only a presenter may include {own[1]}"
    for library, place in ONLY.items():
        if line.startswith(f"#include <{library}") and here != place:
            yield f"{name}: {library}", f"only {place} may include <{library}…>"
    if SEAM.match(name) and SYSTEM.match(line):
        yield f"{name}: system header", "engines would see the system's types"
    if name.startswith("core/") and SCHEME.search(NO_SCHEME.sub("", code_of(line))):
        yield f"{name}: scheme", "a scheme belongs to its transport"


def all_breaches():
    for top in ("cmd", "core", "protocols"):
        for path in sorted((ROOT / top).rglob("*.[ch]pp")):
            name = str(path.relative_to(ROOT))
            for number, line in enumerate(path.read_text().splitlines(), 1):
                for debt, complaint in breaches(name, line):
                    yield debt, f"{name}:{number}: {complaint}"


def odd_includes():
    for top in ("bench", "cmd", "core", "protocols", "tests"):
        for path in sorted((ROOT / top).rglob("*.[ch]pp")):
            name, seen = path.relative_to(ROOT), set()
            for number, line in enumerate(path.read_text().splitlines(), 1):
                if not (what := INCLUDE.match(line)):
                    continue
                if what[1] in seen:
                    yield f"{name}: again", f"{name}:{number}: {what[1]} is included twice"
                if what[1].endswith(".cpp"):
                    yield f"{name}: source", f"{name}:{number}: {what[1]} is a source"
                seen.add(what[1])


def too_long():
    for top in ("bench", "cmd", "core", "protocols", "tests"):
        for path in sorted((ROOT / top).rglob("*.*pp")) + sorted((ROOT / top).rglob("*.py")):
            name = path.relative_to(ROOT)
            if (lines := len(path.read_text().splitlines())) > LONGEST:
                yield f"{name}: length", f"{name}: {lines} lines"


def main():
    found = [*all_breaches(), *odd_includes(), *too_long()]
    wrong = [complaint for debt, complaint in found if debt not in DEBTS]
    wrong += [f"{debt}: paid; take it off the list" for debt in sorted(DEBTS - dict(found).keys())]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
