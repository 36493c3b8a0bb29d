"""Starts what is measured, and ends it by its pid.

A server says when it is ready: by a line on stdout or stderr that ends in its port, or, if it never
says so, by the port the kernel knows it listens on. None is waited for longer than PATIENCE.
"""

import contextlib
import ctypes
import json
import os
import re
import resource
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from . import machine

PATIENCE = 20
PRCTL = ctypes.CDLL(None).prctl
PR_SET_PDEATHSIG = 1  # prctl(2)


class NotAvailable(Exception):
    """This program cannot do this work here; the text is the reason."""


def need(program):
    found = shutil.which(program)
    if not found:
        raise NotAvailable(f"{program} is not installed")
    return found


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def need_descriptors(count):
    """For a program that opens so many files, and a few of its own."""
    may, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if may < count + 64:
        raise NotAvailable(f"needs {count:,} open files and may have {may:,} (ulimit -n)")


def _placed(cpus):
    """In a child, before it becomes the program: where it runs, and that it does not outlive us."""
    os.sched_setaffinity(0, cpus)
    PRCTL(PR_SET_PDEATHSIG, signal.SIGKILL)


class Running:
    """A program in a process group of its own, ended at the end of the block if it still runs."""

    def __init__(self, command, *, cpus, forks=False):
        self.forks = forks
        # Never a pipe: one that nobody reads would stop a program that talks.
        self._log = tempfile.NamedTemporaryFile(prefix="nb-")
        self.process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=lambda: _placed(cpus),
        )
        self.pid = self.process.pid

    def said(self):
        return Path(self._log.name).read_text(errors="replace")

    def _last_said(self):
        said = self.said().strip().splitlines()
        return said[-1][:200] if said else "it said nothing"

    def wait_for(self, condition):
        """What `condition` returns once that is true."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := condition():
                return found
            time.sleep(0.005)
        raise NotAvailable(f"did not start: {self._last_said()}")

    def finish(self, seconds=150):
        """Waits until it ends by itself, and returns what it said."""
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise NotAvailable(f"did not end within {seconds} s") from None
        if self.process.returncode != 0:
            raise NotAvailable(self._last_said())
        return self.said()

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_ns(self):
        """Time its threads have run so far; None for one that forks, whose children come and go."""
        if self.forks:
            return None
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks)

    def memory_kib(self):
        """Its private memory that is in use."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return sum(int(kib) for kib in re.findall(r"^Private_\w+:\s+(\d+) kB", rollup, re.M))

    def close(self):
        # The group is its own: what it forked goes with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()
        self._log.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Server(Running):
    """It is ready when a line of what it prints ends in its port, or has `path` in it; where
    `announces` is false, when the kernel says it has a port."""

    def __init__(self, scheme, command, *, announces=True, path=None, cpus=None, forks=False):
        super().__init__(command, cpus=cpus or machine.SERVER_CPUS, forks=forks)
        try:
            if announces:
                at = self.wait_for(lambda: self._announced(path))
            else:
                at = self.wait_for(lambda: listening_port(self.pid, scheme))
            self.endpoint = f"{scheme}://{at if path else f'127.0.0.1:{at}'}"
        except BaseException:
            self.close()
            raise

    def _announced(self, path):
        for line in self.said().splitlines(keepends=True):
            if not line.endswith("\n"):
                break  # The rest of it is to come.
            if path and path in line:
                return path
            if not path and (port := re.search(r"(?:^|:)(\d+)$", line)):
                return int(port[1])
        return None


def listening_port(pid, scheme):
    """The port of the first socket that the process has bound; None: it has none yet."""
    own = set()
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(OSError):
            if found := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(link)):
                own.add(found[1])
    listening = {"tcp": "0A", "udp": "07"}[scheme]
    for line in Path(f"/proc/net/{scheme}").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == listening and fields[9] in own:
            return int(fields[1].rpartition(":")[2], 16)
    return None


def load(driver, kind, endpoint, *, prefix=(), **options):
    """Runs the driver to its end and returns what it counted."""
    command = [*prefix, driver, kind, endpoint, *(f"{key}={value}" for key, value in options.items())]
    return json.loads(run(command, cpus=machine.LOAD_CPUS))


@contextlib.contextmanager
def idle(driver, endpoint, connections):
    """That many connections are open, and silent, inside the block."""
    process = subprocess.Popen(
        [str(driver), "idle", endpoint, f"connections={connections}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: _placed(machine.LOAD_CPUS),
    )
    try:
        if not select.select([process.stdout], [], [], 60)[0] or not process.stdout.readline():
            raise NotAvailable(f"{connections} connections could not be opened")
        yield
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def run(command, *, cpus=None, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, seconds=150):
    """A program that ends by itself, or is ended after `seconds` with all that it started."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: _placed(cpus or machine.ALL_CPUS),
    )
    try:
        out, err = process.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(error, subprocess.TimeoutExpired):
            raise NotAvailable(f"did not end within {seconds} s") from None
        raise
    if process.returncode != 0:
        said = (err or out or "").strip().splitlines()
        raise NotAvailable(said[-1] if said else f"ended with {process.returncode}")
    return out


def spawn(settings, count, command, *, stdin="/dev/null", cpus=None, seconds=150):
    """Runs a program `count` times: the median of its time in ns, and its largest size in KiB."""
    out = run([settings.limit("spawn"), count, stdin, *command], cpus=cpus, seconds=seconds)
    return tuple(map(int, out.split()))
