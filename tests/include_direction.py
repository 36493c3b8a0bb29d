#!/usr/bin/env python3
"""Arrows run one way: cmd → protocols → core, and inside core from base upwards.

Prints each include that goes against them and fails if there is one.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROTOCOLS = {str(p.relative_to(ROOT)) for p in (ROOT / "protocols").rglob("*") if p.is_dir()}

# A folder: what it may include besides itself.
ALLOWED = {
    "core/base": set(),
    "core/codec": {"core/base"},
    "core/net": {"core/base", "core"},
    "core/host": {"core/base", "core/codec"},
    "core/measure": {"core/base", "core/codec"},
    "core/report": {"core/base", "core/net", "core/measure"},
    "core": {"core/base", "core/net"},
    "core/engine": {"core", "core/base", "core/net", "core/host", "core/codec", "core/measure",
                    "core/report"},
    "protocols": {"core", "core/base", "core/net", "core/host", "protocols"} | PROTOCOLS,
    "cmd": {"core", "core/base", "core/net", "core/host", "core/measure", "core/report",
            "core/engine", "protocols", "protocols/grammar"},
}
# A library that one place alone knows.
ONLY = {"CLI/": "cmd", "spdlog/": "cmd", "nlohmann/": "core/report", "sodium": "core/codec"}


def complaints():
    for top in ("cmd", "core", "protocols"):
        for path in sorted((ROOT / top).rglob("*.[ch]pp")):
            name = path.relative_to(ROOT)
            folder = str(name.parent)
            allowed = ALLOWED["protocols" if top == "protocols" else folder]
            for number, line in enumerate(path.read_text().splitlines(), 1):
                own = re.match(r'#include "([^"]+)"', line)
                if own and (to := str(pathlib.Path(own[1]).parent)) not in allowed | {folder}:
                    yield f"{name}:{number}: {folder} may not include {to} ({own[1]})"
                for library, place in ONLY.items():
                    if line.startswith(f"#include <{library}") and folder != place:
                        yield f"{name}:{number}: only {place} may include <{library}…>"


found = list(complaints())
print(*found, sep="\n", end="\n" if found else "")
sys.exit(bool(found))
