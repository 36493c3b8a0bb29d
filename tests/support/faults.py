"""System calls that fail on purpose: strace does not run the call, and returns the error itself."""

import contextlib
import functools
import os
import subprocess
from pathlib import Path

import pytest
from netecho import SANITIZED, environment, serve
from programs import need

ERRORS = ("EINTR", "EAGAIN", "ENOBUFS", "ECONNABORTED", "ENOSYS")
FIRST_50 = "1..50"
ONE_IN_THREE = "1+3"
TRANSPORTS = ("tcp4", "udp4", "unix", "unixgram", "unixpacket")


@functools.lru_cache(maxsize=1)
def _strace():
    strace = need("strace")
    tried = subprocess.run(
        [strace, "-qq", "-o", os.devnull, "true"], capture_output=True, timeout=20, check=False
    )
    if tried.returncode != 0:
        pytest.skip(f"strace may not trace here: {tried.stderr!r}")
    return strace


def _injecting(log, call, what):
    return [_strace(), "-D", "-f", "-qq", "-o", str(log), "--seccomp-bpf", "-e", f"trace={call}",
            "-e", "signal=none", "-e", f"inject={call}:{what}"]


def doing_nothing(folder, call):
    """The prefix of a command in which this call succeeds, and has done nothing."""
    return _injecting(Path(folder, "skipped"), call, "retval=0")


class Failing:
    """A command in which a system call fails: its prefix, and how often it did.

    The process that is started is the command itself. `when` counts the calls of each thread.
    """

    def __init__(self, folder, call, error, when):
        self.log = Path(folder, "failed")
        self.prefix = _injecting(self.log, call, f"error={error}:when={when}")

    def failures(self):
        return self.log.read_bytes().count(b"(INJECTED)") if self.log.exists() else 0


def traced_environment():
    """LeakSanitizer is a tracer itself, and fails under another."""
    options = os.environ.get("ASAN_OPTIONS", "")
    return environment(ASAN_OPTIONS=f"{options}:detect_leaks=0")


def cases(calls):
    """(call, transport, error, when): what is decided by the first failure needs one pattern. So do
    sanitized builds, which are slow: of one in three, some fail and some don't."""
    patterns = (ONE_IN_THREE,) if SANITIZED else (FIRST_50, ONE_IN_THREE)
    return [
        pytest.param(call, transport, error, when, id=f"{call}-{transport}-{error}-{when}")
        for call, transports in calls.items()
        for transport in transports
        for error in ERRORS
        for when in ((FIRST_50,) if call in ("connect", "ppoll") else patterns)
    ]


@contextlib.contextmanager
def every_transport(folder):
    """An echo server; its endpoints by transport."""
    kinds = [t + "://127.0.0.1:0" if t.endswith("4") else f"{t}:{folder}/{t}" for t in TRANSPORTS]
    with serve(*kinds) as server:
        yield dict(zip(TRANSPORTS, server.endpoints))
