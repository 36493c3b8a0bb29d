#!/usr/bin/env python3
"""Writes cmake/start_order.ld: the functions that run in `netecho --version` and in a whole `send`,
in the order in which they are first met, the constants that they read, and the variables that are
set then. The linker puts each of these kinds side by side, so that few pages of the program are
needed.

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
TRACE_ME, PEEK_USER, SINGLE_STEP, SET_OPTIONS = 0, 3, 9, 0x4200
STOP_AT_EXIT, EXIT_EVENT = 0x40, 6  # While the memory is there yet.
INSTRUCTION_POINTER = 16 * 8  # In struct user.
NO_RANDOM_ADDRESSES = 0x0040000
OF_A_PLACE = re.compile(r"\s*([0-9a-f]+):.*# ([0-9a-f]+)")  # lea 0x1234(%rip),%rax # 5678 <name>
BASE = 0x555555554000  # A program stands here if addresses are not random.
# What the compiler appends to the name of a copy may be another with the next change.
OF_A_COPY = re.compile(r"\.(lto_priv|constprop|isra|part|cold)\b.*")
SCRIPT_TEXT = """\
/* What runs in every start stands side by side: the kernel maps 64 KiB of a program at a page fault.
 * bench/start_order.py writes this file. */
SECTIONS
{
  .text.start : {
    *crt1.o(.text)
    *crtbeginS.o(.text)
    KEEP(*(SORT_NONE(.fini)))
    *(.text.startup .text.startup.*)
%s    *libgcc.a:*(.text .text.*)
  }
}
INSERT BEFORE .text;
SECTIONS
{
  .rodata.start : {
%s    *locale_facets.o(.rodata .rodata.*)
    *(.rodata._ZTSSt5ctypeIcE .rodata._ZTSNSt6locale5facetE)
    *(.rodata.cst* .rodata.*.cst* .rodata.str1.1 .rodata.*.str1.1)
  }
}
INSERT AFTER .gnu.version_r;
SECTIONS
{
  .bss.start : {
    *(.dynbss)
    *crtbeginS.o(.bss)
%s  }
}
INSERT BEFORE .bss;
"""


def symbols(program, kinds):
    """Returns where each symbol of these kinds begins, with its size and all its names."""
    found = {}
    lines = subprocess.run(["nm", "-S", program], capture_output=True, text=True, check=True).stdout
    for line in lines.splitlines():
        *numbers, kind, name = line.split()
        if kind in kinds and numbers and "@" not in name:
            begin, *size = (int(number, 16) for number in numbers)
            found.setdefault(begin, (sum(size), []))[1].append(OF_A_COPY.sub("", name))
    return found


def variables_set(child, variables):
    """Yields the begins of those variables of a process that are not zero."""
    with open(f"/proc/{child}/mem", "rb") as memory:
        for begin, (size, _) in variables.items():
            memory.seek(BASE + begin)
            if any(memory.read(size)):
                yield begin


class Run:
    """What a program went through: addresses of instructions, the functions that these are of, and
    the variables that were not zero when it ended."""

    def __init__(self, command, functions, variables):
        self.instructions, self.functions, self.variables = set(), {}, []
        begins = sorted(functions)
        spans = list(pairwise(begins))
        begin, end = 0, 0
        child = start_traced(command)
        status = os.waitpid(child, 0)[1]
        LIBC.ptrace(SET_OPTIONS, child, None, STOP_AT_EXIT)
        while not os.WIFEXITED(status):
            if status >> 16 == EXIT_EVENT:
                self.variables = sorted(variables_set(child, variables), key=variables.get)
            place = LIBC.ptrace(PEEK_USER, child, INSTRUCTION_POINTER, None) - BASE
            if begins[0] <= place < begins[-1]:
                self.instructions.add(place)
                if not begin <= place < end:
                    begin, end = spans[bisect_right(begins, place) - 1]
                    self.functions[begin] = None
            LIBC.ptrace(SINGLE_STEP, child, None, None)
            status = os.waitpid(child, 0)[1]


def start_traced(command):
    """Starts a program, which stops before its first instruction, and returns its number."""
    child = os.fork()
    if child == 0:
        null = os.open("/dev/null", os.O_RDWR)
        for stream in range(2):
            os.dup2(null, stream)
        LIBC.personality(NO_RANDOM_ADDRESSES)
        LIBC.ptrace(TRACE_ME, 0, None, None)
        os.execv(command[0], command)
    return child


def constants_named(program, instructions):
    """Returns the names of the constants whose addresses are in these instructions."""
    constants = symbols(program, "rRV")
    begins = sorted(constants)
    names = {}
    words = ["objdump", "-d", "--no-show-raw-insn", program]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as objdump:
        for line in objdump.stdout:
            found = OF_A_PLACE.match(line)
            if not found or int(found[1], 16) not in instructions:
                continue
            place = int(found[2], 16)
            begin = begins[bisect_right(begins, place) - 1]
            if begin <= place < begin + constants[begin][0]:
                names.update(dict.fromkeys(constants[begin][1]))
    return names


def lines(section, names):
    """Returns what the linker script says of these names and of their copies."""
    return "".join(f"    *({section}.{name}*)\n" for name in names)


def main():
    program = sys.argv[1] if len(sys.argv) > 1 else str(PROJECT / "build/release/cmd/netecho")
    functions = symbols(program, "tTwWi")
    first = next(begin for begin, (_, names) in symbols(program, "D").items() if "_edata" in names)
    variables = symbols(program, "bBuV")  # A V before that is a constant.
    variables = {begin: each for begin, each in variables.items() if begin >= first}
    # A client that goes step by step is slow. It shall wait for its echo, as others do.
    server = subprocess.Popen(
        [program, "serve", "--json", "--impair", "delay=2s", "tcp://127.0.0.1:0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    endpoint = json.loads(server.stdout.readline())["endpoint"]["uri"]
    code, constants, data = {}, {}, {}
    for words in (["--version"], ["send", endpoint, "hello"], ["send", "-N", endpoint, "hello"]):
        run = Run([program, *words], functions, variables)
        code.update(dict.fromkeys(name for each in run.functions for name in functions[each][1]))
        constants.update(constants_named(program, run.instructions))
        data.update(dict.fromkeys(name for each in run.variables for name in variables[each][1]))
    server.terminate()
    server.wait()
    # Texts and small tables of a function are in sections that have its name, too.
    constants = lines(".rodata", constants | code)
    SCRIPT.write_text(SCRIPT_TEXT % (lines(".text", code), constants, lines(".bss", data)))


if __name__ == "__main__":
    main()
