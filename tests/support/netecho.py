"""Runs the real netecho binary for the end-to-end and interop tests.

A server is ready when it says so on --ready-fd, and its endpoints are the ones it announced there:
no test sleeps, and none picks a port.
"""

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
NETECHO = os.environ.get("NETECHO_BIN", str(PROJECT / "build/dev/cmd/netecho"))
# Sanitizers take memory and time of their own: bounds on memory hold for ordinary builds.
SANITIZED = bool(os.environ.get("NETECHO_SANITIZE"))
# As do builds that measure coverage, they make calls and files of their own (no sandbox), and are
# larger than what is shipped.
COVERAGE = os.environ.get("NETECHO_COVERAGE", "OFF") == "ON"
INSTRUMENTED = SANITIZED or COVERAGE
PATIENCE = 120
NOBODY = 65534

# A shell starts its background jobs with these ignored, which netecho would respect and keep so.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def environment(**changes):
    """A predictable environment; a change to None removes the variable."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("NETECHO_", "LISTEN_"))}
    kept.pop("NO_COLOR", None)
    kept.pop("NOTIFY_SOCKET", None)
    for key, value in changes.items():
        kept.pop(key, None)
        if value is not None:
            kept[key] = value
    return kept


def eventually(condition, what, seconds=None):
    """Polls until `condition()` is true and returns what it returned."""
    deadline = time.monotonic() + (PATIENCE if seconds is None else seconds)
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.005)


def exit_status(returncode):
    """As a shell shows it: a death by signal n is 128+n."""
    return 128 - returncode if returncode < 0 else returncode


class Result:
    """What one finished netecho left behind."""

    def __init__(self, args, returncode, stdout, stderr):
        self.args = args
        self.code = exit_status(returncode)
        self.stdout = stdout
        self.stderr = stderr

    @property
    def text(self):
        return self.stdout.decode()

    @property
    def errors(self):
        return self.stderr.decode().splitlines()

    @property
    def events(self):
        """The lines of `jsonl`."""
        return [json.loads(line) for line in self.stdout.decode().splitlines()]

    @property
    def json(self):
        """The one object of `json`."""
        assert self.stdout.count(b"\n") == 1 and self.stdout.endswith(b"\n"), self
        return json.loads(self.stdout)

    def __repr__(self):
        return (
            f"netecho {' '.join(map(str, self.args))}\n  exit {self.code}\n"
            f"  stdout {self.stdout[:2000]!r}\n  stderr {self.stderr[:2000]!r}"
        )


def netecho(*args, timeout=None, env=None, binary=None, prefix=(), **popen):
    """Runs netecho to its end; stdin is empty unless given."""
    if "input" not in popen:
        popen.setdefault("stdin", subprocess.DEVNULL)
    popen.setdefault("stdout", subprocess.PIPE)
    popen.setdefault("stderr", subprocess.PIPE)
    done = subprocess.run(
        [*prefix, binary or NETECHO, *map(str, args)],
        timeout=timeout or PATIENCE,
        env=env or environment(),
        check=False,
        **popen,
    )
    return Result(args, done.returncode, done.stdout or b"", done.stderr or b"")


@contextlib.contextmanager
def running(*args, env=None, binary=None, prefix=(), **popen):
    """A netecho that is left running inside the block; killed, by its pid, if it still is after it."""
    popen.setdefault("stdin", subprocess.DEVNULL)
    popen.setdefault("stdout", subprocess.PIPE)
    popen.setdefault("stderr", subprocess.PIPE)
    process = subprocess.Popen(
        [*prefix, binary or NETECHO, *map(str, args)], env=env or environment(), **popen
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()


def complains(result, code):
    """The whole contract of an error in text output; returns the line."""
    assert result.code == code, result
    assert result.stdout == b"", result
    assert len(result.errors) == 1, result
    assert result.errors[0].startswith("netecho: "), result
    assert result.stderr.endswith(b"\n"), result
    return result.errors[0]


def finish(process, args=(), timeout=None):
    """Waits for a `running` netecho and returns its Result, with all that was not read yet."""
    # communicate() reads past Python's buffer: what readline() took beyond its line would be lost.
    ahead = b""
    if process.stdout:
        os.set_blocking(process.stdout.fileno(), False)
        ahead = process.stdout.peek()
    stdout, stderr = process.communicate(timeout=timeout or PATIENCE)
    return Result(args, process.returncode, ahead + (stdout or b""), stderr or b"")


class Server:
    """A ready `netecho serve`. Its output goes to files, which can be read while it runs."""

    command = "serve"

    def __init__(self, args, *, env=None, prefix=(), lines=None, **popen):
        """`lines`: what it announces; None: all, until every process has closed the pipe."""
        self._folder = tempfile.mkdtemp(prefix="netecho-")
        self._out = Path(self._folder, "stdout")
        self._err = Path(self._folder, "stderr")
        ready, announce = os.pipe()
        keep = popen.pop("pass_fds", ())
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            popen.setdefault("stdin", subprocess.DEVNULL)
            popen.setdefault("stdout", out)
            popen.setdefault("stderr", err)
            self.args = [self.command, *map(str, args), "--ready-fd", str(announce)]
            self.process = subprocess.Popen(
                [*prefix, NETECHO, *self.args],
                pass_fds=(announce, *keep),
                env=env or environment(),
                **popen,
            )
        os.close(announce)
        self.pid = self.process.pid
        try:
            with open(ready, "rb") as pipe:
                self.endpoints = os.fsdecode(_read_to_end(pipe, lines)).splitlines()
            assert self.endpoints, f"{self.command} {args} did not get ready: {self.stderr}"
        except BaseException:
            self.kill()
            raise

    @property
    def endpoint(self):
        return self.endpoints[0]

    @property
    def port(self):
        return int(self.endpoint.rpartition(":")[2])

    @property
    def stdout(self):
        return self._out.read_bytes()

    @property
    def stderr(self):
        return self._err.read_text()

    def events(self, kind=None):
        """The whole lines of --json so far."""
        lines = self.stdout.split(b"\n")[:-1]
        every = [json.loads(line) for line in lines]
        return [e for e in every if kind in (None, e["type"])]

    def event(self, kind, **fields):
        """Waits for the first event of this type with these values."""

        def found():
            return [
                e for e in self.events(kind) if all(e.get(k) == v for k, v in fields.items())
            ]

        return eventually(found, f"event {kind} {fields}")[0]

    def listening(self, uri):
        """What it said of this endpoint in its JSON."""

        def told():
            return [e["endpoint"] for e in self.events("listening") if e["endpoint"]["uri"] == uri]

        return eventually(told, f"listening on {uri}")[0]

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self, timeout=None):
        """Its exit status, as a shell shows it."""
        return exit_status(self.process.wait(timeout or PATIENCE))

    def stop(self, timeout=None):
        """SIGTERM; the exit status."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def memory_peak(self):
        return memory(self.pid, "VmHWM")

    def memory_now(self):
        return memory(self.pid, "VmRSS")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        try:
            if kind is None:
                status = self.stop()
                assert status == 0, f"{self.args} ended with {status}: {self.stderr}"
        finally:
            self.kill()


def serve(*args, **popen):
    """`with serve("tcp://127.0.0.1:0") as server:` stops it by SIGTERM and wants exit code 0."""
    return Server(args, **popen)


def _read_to_end(pipe, lines=None):
    deadline = time.monotonic() + PATIENCE
    data = b""
    while lines is None or data.count(b"\n") < lines:
        left = deadline - time.monotonic()
        assert left > 0 and select.select([pipe], [], [], left)[0], "not ready in time"
        piece = os.read(pipe.fileno(), 65536)
        if not piece:
            break
        data += piece
    return data


def memory(pid, field):
    """A size of /proc/PID/status in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise AssertionError(f"no {field}")


def binary_for_everyone(folder):
    """A copy that an unprivileged user can run, wherever the build folder is."""
    os.chmod(folder, 0o755)
    copy = Path(folder, "netecho")
    shutil.copy(NETECHO, copy)
    copy.chmod(0o755)
    return str(copy)


def as_nobody():
    """Popen arguments that drop root; none when there is no root to drop."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}


def processor_time(pid):
    """What a process has used so far, in seconds; counted in hundredths."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
