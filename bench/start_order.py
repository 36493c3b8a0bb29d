#!/usr/bin/env python3
"""Writes cmake/start_order.ld: the functions that run in `netecho --version` and in a whole `send`,
in the order in which they are first met. The linker puts them side by side, so that few pages of
the program are needed.

Usage: bench/start_order.py [NETECHO]; by default build/release. For x86-64: it goes through a run
step by step. An old file does no harm: a name that is gone is passed over, and a function that is
not in the file stands where it would.
"""

import ctypes
import json
import os
import re
import subprocess
import sys
from bisect import bisect_right
from itertools import pairwise
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
SCRIPT = PROJECT / "cmake/start_order.ld"
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
LIBC.ptrace.restype = ctypes.c_long
TRACE_ME, PEEK_USER, SINGLE_STEP = 0, 3, 9
INSTRUCTION_POINTER = 16 * 8  # In struct user.
NO_RANDOM_ADDRESSES = 0x0040000
BASE = 0x555555554000  # A program stands here if addresses are not random.
# What the compiler appends to the name of a copy may be another with the next compiler.
OF_A_COPY = re.compile(r"\.(lto_priv|constprop|isra|part|cold)\b.*")
HEAD = """\
/* What runs in every start stands side by side: the kernel maps 64 KiB of a program at a page fault.
 * bench/start_order.py writes this file. */
SECTIONS
{
  .text.start : {
    *crt1.o(.text)
    *crtbeginS.o(.text)
    *(.text.startup .text.startup.*)
"""
TAIL = """\
  }
}
INSERT BEFORE .text;
"""


def functions(program):
    """Returns where each function begins, with all its names."""
    names = {}
    lines = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    for line in lines.splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[1] in "tTwWi":
            names.setdefault(int(parts[0], 16), []).append(OF_A_COPY.sub("*", parts[2]))
    return names


def visited(command, begins):
    """Runs a command and yields the begins of the functions that it comes through."""
    child = os.fork()
    if child == 0:
        null = os.open("/dev/null", os.O_RDWR)
        for stream in range(2):
            os.dup2(null, stream)
        LIBC.personality(NO_RANDOM_ADDRESSES)
        LIBC.ptrace(TRACE_ME, 0, None, None)
        os.execv(command[0], command)
    spans = list(pairwise(begins))
    begin, end = 0, 0
    while not os.WIFEXITED(os.waitpid(child, 0)[1]):
        place = LIBC.ptrace(PEEK_USER, child, INSTRUCTION_POINTER, None) - BASE
        if not begin <= place < end and begins[0] <= place < begins[-1]:
            begin, end = spans[bisect_right(begins, place) - 1]
            yield begin
        LIBC.ptrace(SINGLE_STEP, child, None, None)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(PROJECT / "build/release/cmd/netecho")
    names = functions(program)
    begins = sorted(names)
    server = subprocess.Popen(
        [program, "serve", "--json", "tcp://127.0.0.1:0"], stdout=subprocess.PIPE
    )
    endpoint = json.loads(server.stdout.readline())["endpoint"]["uri"]
    order = {}
    for words in (["--version"], ["send", endpoint, "hello"]):
        for begin in visited([program, *words], begins):
            order.update(dict.fromkeys(names[begin]))
    server.terminate()
    server.wait()
    lines = (f"    *(.text.{name})\n" for name in order)
    SCRIPT.write_text(HEAD + "".join(lines) + TAIL)


if __name__ == "__main__":
    main()
