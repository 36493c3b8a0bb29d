"""A copy of the sources as git knows them, which may be broken, and a build of it."""

import fcntl
import json
import os
import shlex
import signal
import subprocess
import threading
import time

from edits import ROOT

WORK = ROOT / "build/mutation"
# Quick to compile, and without warnings: what is broken on purpose may well deserve some.
FLAGS = ["-DNETECHO_DEVELOPER_MODE=ON", "-DNETECHO_BENCH=OFF", "-DCMAKE_BUILD_TYPE=Debug",
         "-DCMAKE_CXX_FLAGS=-O1 -w", "-DCMAKE_CXX_FLAGS_DEBUG="]
OF_PYTESTS = {"netecho", "netecho_stepped_clock", "netecho_partial_io", "netecho_failing_memory"}
GRACE_S = 15


class Broken(Exception):
    """Something is wrong that was not broken on purpose."""


def work_alone():
    """The lock, which holds as long as it is open: two runs would break each other's copies."""
    WORK.mkdir(parents=True, exist_ok=True)
    lock = (WORK / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Broken("another run is at work") from error
    return lock


def run_group(command, seconds, environment):
    """Exit status and output; None as the status after so many seconds. All it started ends."""
    log = WORK / f"output.{threading.get_ident()}"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=subprocess.STDOUT, env=environment,
                                   start_new_session=True)
    end, interrupted = time.monotonic() + seconds, False
    # Reaped last, so that the group's number is nobody else's when it is killed.
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        now = time.monotonic()
        if now > end + GRACE_S:
            break
        if now > end and not interrupted:
            os.kill(process.pid, signal.SIGINT)  # pytest puts away what its tests have made.
            interrupted = True
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    status = process.wait()
    return None if interrupted else status, log.read_text(errors="replace")


class Copy:
    def __init__(self, number):
        self.source = WORK / str(number) / "source"
        self.build = WORK / str(number) / "build"
        self.jobs = os.cpu_count()
        self.broken = None  # The file that is not as it was.
        self.environment = os.environ | {
            "CCACHE_BASEDIR": str(self.source.parent), "CCACHE_NOHASHDIR": "1",  # All copies alike.
            "PYTHONDONTWRITEBYTECODE": "1"}

    def prepare(self, tests):
        names = subprocess.run(["git", "ls-files", "-z", "--cached", "--others",
                                "--exclude-standard"], cwd=ROOT, check=True, capture_output=True)
        for name in filter(None, names.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                self.put(name, (ROOT / name).read_bytes())
        self.command("cmake", "-S", self.source, "-B", self.build, "-G", "Ninja", *FLAGS)
        self.make(tests)
        entries = json.loads(self.command("ctest", "--test-dir", self.build,
                                          "--show-only=json-v1"))["tests"]
        self.pytests = {entry["name"]: entry for entry in entries if "/" in entry["name"]}
        self.programs = {path.name: path for path in self.build.glob("tests/**/test_*")
                         if os.access(path, os.X_OK) and path.is_file()}

    def put(self, name, content):
        """Leaves a file alone that is right: what was made of it need not be made again."""
        to = self.source / name
        if to.is_file() and to.read_bytes() == content:
            return
        to.parent.mkdir(parents=True, exist_ok=True)
        to.write_bytes(content)
        to.chmod((ROOT / name).stat().st_mode)

    def command(self, *command):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise Broken(done.stdout[-2000:] + done.stderr[-2000:])
        return done.stdout

    def make(self, tests):
        names = {shlex.split(spec)[0] for spec in tests}
        targets = {name for name in names if "/" not in name}
        targets |= OF_PYTESTS if targets != names else set()
        self.command("cmake", "--build", self.build, "-j", str(self.jobs), "--target",
                     *sorted(targets))

    def test(self, spec, seconds):
        name, *arguments = shlex.split(spec)
        if "/" not in name:
            return run_group([self.programs[name], "--abort", "-w", "NoTests",
                              ",".join(arguments) or "*"], seconds, self.environment)
        entry = self.pytests[name]
        (variables,) = [each["value"] for each in entry["properties"]
                        if each["name"] == "ENVIRONMENT"]
        return run_group([*entry["command"], "-x", *arguments], seconds,
                         self.environment | dict(each.split("=", 1) for each in variables))

    def break_by(self, edit):
        """What was broken before is mended, at the latest by the build that follows."""
        if self.broken not in (None, edit["file"]):
            self.put(self.broken, (ROOT / self.broken).read_bytes())
        self.broken = edit["file"]
        text = (ROOT / edit["file"]).read_text().replace(edit["before"], edit["after"])
        self.put(edit["file"], text.encode())
