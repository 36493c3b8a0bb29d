"""How many system calls a server makes for a message.

Counted by perf where it may, else by strace, which slows the server down, so that it finds more to
do at each call. Two loads of different length are compared: what starting and connecting cost goes.
"""

import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from .programs import NotAvailable


@functools.cache
def tool():
    """perf, strace, or None."""
    if shutil.which("perf"):
        done = subprocess.run(
            ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "true"],
            capture_output=True, text=True, check=False, timeout=20,
        )
        if re.search(r"^\d+,.*raw_syscalls:sys_enter", done.stderr, re.M):
            return "perf"
    return "strace" if shutil.which("strace") else None


def _attached(pid, output):
    if tool() == "perf":
        command = ["perf", "stat", "-x,", "-e", "raw_syscalls:sys_enter", "-o", output, "-p", pid]
    else:
        command = ["strace", "-f", "-c", "-o", output, "-p", pid]
    counter = subprocess.Popen(
        [str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 5
    while not _is_attached(counter.pid, pid) and time.monotonic() < deadline:
        time.sleep(0.005)
    return counter


def _is_attached(counter, pid):
    if tool() == "perf":
        links = Path(f"/proc/{counter}/fd").glob("*")
        with contextlib.suppress(OSError):
            return any("perf_event" in os.readlink(link) for link in links)
        return False
    return f"TracerPid:\t{counter}\n" in Path(f"/proc/{pid}/status").read_text()


def _counted(text):
    if tool() == "perf":
        found = re.search(r"^(\d+),.*raw_syscalls:sys_enter", text, re.M)
    else:
        found = re.search(r"^100\.00\s+\S+\s+(?:\d+\s+)?(\d+)\s.*total$", text, re.M)
    return int(found[1]) if found else None


def _calls(pid, work):
    """(calls, messages) of one load."""
    with tempfile.NamedTemporaryFile("r") as output:
        counter = _attached(pid, output.name)
        try:
            messages = work()
        finally:
            counter.send_signal(signal.SIGINT)
            counter.wait(timeout=20)
        return _counted(output.read()), messages


def per_message(started, work):
    """`started()` gives a Server, `work(server, times)` loads it and returns the messages."""
    if tool() is None:
        return None
    counts = []
    for times in (1, 3):
        try:
            with started() as server:
                if server.forks:
                    return None
                counts.append(_calls(server.pid, lambda: work(server, times)))
        except NotAvailable:
            return None
    (few_calls, few), (many_calls, many) = counts
    if few_calls is None or many_calls is None or many <= few or many_calls <= few_calls:
        return None
    return (many_calls - few_calls) / (many - few)
