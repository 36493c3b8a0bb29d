"""A server under load: its descriptors, memory and processor time, and its counters at the end."""

import os
import resource
import time
from pathlib import Path

from netecho import SANITIZED, eventually, processor_time, serve
from report import size

# Standard streams, pipes, epoll and whatever a library keeps open, in the driver and in the server.
SPARE_DESCRIPTORS = 100


def descriptors_for(connections):
    """Raises RLIMIT_NOFILE here and for what is started; how many connections it is good for."""
    wanted = connections + SPARE_DESCRIPTORS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
        except (ValueError, PermissionError):  # Beyond the hard limit; only root moves that.
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return min(connections, soft - SPARE_DESCRIPTORS)


def is_pipe(descriptor):
    """Or was: one that has been closed since it was listed."""
    try:
        return os.readlink(descriptor).startswith("pipe:")
    except FileNotFoundError:
        return True


class Watched:
    """`with Watched(...) as it:` is a server; every event that it told is there when it has ended."""

    def __init__(self, threads, *endpoints, options=()):
        self._args = (*endpoints, f"--threads={threads}", "--max-conns=100000", "--json", *options)

    def __enter__(self):
        self.server = serve(*self._args)
        self.pid = self.server.pid
        self._before = self.descriptors(), self.resident()
        self._began = time.monotonic(), processor_time(self.pid)
        return self

    def __exit__(self, *_):
        self.server.kill()

    def descriptors(self):
        """Under sanitizers without pipes: theirs are open for an instant each time a type is checked."""
        return sum(not (SANITIZED and is_pipe(each)) for each in Path(f"/proc/{self.pid}/fd").iterdir())

    def resident(self):
        """By smaps_rollup: the VmRSS of `status` is a sum over processors that is not settled."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Rss:"):
                return int(line.split()[1]) * 1024
        raise AssertionError("no Rss")

    def load(self):
        """Processors in use since it was ready."""
        began, used = self._began
        return (processor_time(self.pid) - used) / (time.monotonic() - began)

    def tell(self, report):
        """What it has at hand now."""
        report.tell("server: descriptors", self.descriptors())
        report.tell("server: resident", size(self.resident()))
        report.tell("server: resident at its peak (VmHWM)", size(self.server.memory_peak()))
        report.tell("server: processors in use", f"{self.load():.0%}")

    def back_to_the_start(self, report, tolerance):
        """Once nobody is connected any more."""
        before, resident = self._before
        try:
            eventually(lambda: self.descriptors() <= before, "descriptors are closed")
        except AssertionError:
            pass  # The row says so.
        report.exactly("server: descriptors afterwards", self.descriptors(), before)
        grown = self.resident() - resident
        if SANITIZED:
            report.tell("server: resident afterwards, more than before", size(grown))
        else:
            report.at_most("server: resident afterwards, more than before", grown, tolerance, size)

    def counters(self, report):
        """Stops it; its counters by endpoint."""
        report.exactly("server: exit code", self.server.stop(), 0)
        stopped = self.server.events("stopped")
        return stopped[0]["endpoints"] if stopped else []


def total(counters, key):
    return sum(each[key] for each in counters)
