"""Other people's programs: started, awaited until they listen, and stopped by pid."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest
from netecho import PATIENCE, environment, eventually


def need(program):
    """The test skips, and says why, where a program is not installed."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"{program} is not installed")
    return path


def need_own_mounts():
    """The test skips where a program can't have mounts of its own: without root, and in a plain
    chroot, whose root is no mount."""
    tried = subprocess.run(["unshare", "--mount", "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"no mounts of its own here: {tried.stderr.strip()}")


def need_localhost():
    """Other programs ask the system for `localhost`; a bare chroot has no /etc/hosts to tell."""
    try:
        socket.gethostbyname("localhost")
    except OSError:
        pytest.skip("this machine does not know the name localhost")


def run(*args, data=b"", timeout=PATIENCE, **popen):
    """Runs a program to its end; (exit code, stdout)."""
    need(str(args[0]))
    done = subprocess.run(
        [str(a) for a in args],
        input=data,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        timeout=timeout,
        check=False,
        env=environment(),
        **popen,
    )
    assert done.returncode == 0, f"{args} ended with {done.returncode}: {done.stderr!r}"
    return done.stdout


@contextlib.contextmanager
def started(*args, ready=None, stop="terminate", **popen):
    """A program in the background, once `ready()` is true."""
    need(str(args[0]))
    popen.setdefault("stdin", subprocess.DEVNULL)
    popen.setdefault("stdout", subprocess.DEVNULL)
    popen.setdefault("stderr", subprocess.PIPE)
    # A session of its own: what forks (socat's children of a datagram listener live on) ends whole.
    process = subprocess.Popen(
        [str(a) for a in args], env=environment(), start_new_session=True, **popen
    )
    try:
        if ready:
            eventually(lambda: process.poll() is not None or ready(), f"{args} listens")
            why = process.stderr.read() if process.poll() is not None and process.stderr else b""
            assert process.poll() is None, f"{args} ended: {why!r}"
        yield process
    finally:
        if process.poll() is None:
            getattr(process, stop)()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream:
                stream.close()


def bound(kind, port, pid="self"):
    """Whether a port is listening (tcp) or bound (udp): read, not tried, so nothing is disturbed."""

    def ready():
        for name in (kind, kind + "6"):
            for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
                fields = line.split()
                if int(fields[1].rpartition(":")[2], 16) == port:
                    return kind == "udp" or fields[3] == "0A"
        return False

    return ready


def unix_bound(name):
    """Whether a path or @name is bound by a socket that listens or takes datagrams."""

    def ready():
        for line in Path("/proc/net/unix").read_text(errors="replace").split("\n")[1:]:
            fields = line.split()
            if len(fields) > 7 and fields[7] == str(name):
                return fields[4] == "0002" or int(fields[3], 16) & 0x10000 != 0
        return False

    return ready


@contextlib.contextmanager
def network(files=False):
    """A network namespace with a loopback of its own: every port in it is free. Needs root.

    Gives a prefix for commands that are to run in it, and the pid that holds it. With `files` its
    mounts are its own, too.
    """
    if os.geteuid() != 0:
        pytest.skip("needs root, for a network namespace")
    if files:
        need_own_mounts()
    kinds = ["-n", "-m"] if files else ["-n"]
    keeper = subprocess.Popen(
        ["unshare", *kinds, "sh", "-c", "ip link set lo up && echo up && read -r _"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert keeper.stdout.readline() == b"up\n", "no network namespace here"
        yield ["nsenter", "-t", str(keeper.pid), *kinds], keeper.pid
    finally:
        keeper.stdin.close()
        keeper.wait(5)
        keeper.stdout.close()
