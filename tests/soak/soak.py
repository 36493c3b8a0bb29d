"""Load tests with figures: python3 soak.py [SECONDS]; NETECHO_BIN names the binary.

Exits with 1 when a bar is missed.
"""

import os
import platform
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import loads  # noqa: E402
from netecho import netecho  # noqa: E402
from report import Report, count, table  # noqa: E402
from watched import descriptors_for  # noqa: E402


def main():
    if len(sys.argv) > 2 or not all(word.isdecimal() and int(word) > 0 for word in sys.argv[1:]):
        print("usage: ./dev soak [SECONDS]", file=sys.stderr)
        return 2
    seconds = int(sys.argv[1]) if len(sys.argv) == 2 else 60
    seed = int(os.environ.get("NETECHO_SOAK_SEED") or random.randrange(1 << 32))
    print(f"{netecho('--version').text.splitlines()[0]}, {machine()}; NETECHO_SOAK_SEED={seed}", flush=True)
    room = descriptors_for(loads.FULL_ROOM)
    if room < loads.FULL_ROOM:
        print(f"scaled down: RLIMIT_NOFILE leaves room for {count(room)} connections", flush=True)

    reports = []
    with tempfile.TemporaryDirectory(prefix="ne-") as folder:
        for load in loads.full(seconds, room, seed):
            for threads in loads.THREADS:
                reports.append(run(load, threads, folder))
    print(table(reports))
    missed = [each for report in reports for each in report.missed]
    print("every bar is held" if not missed else "\n".join(["missed:", *missed]))
    return 1 if missed else 0


def run(load, threads, folder):
    """A load that could not be finished is one that missed."""
    began = time.monotonic()
    try:
        report = load(threads, folder)
    except Exception as error:  # noqa: BLE001: whatever it is, the other loads go on.
        traceback.print_exc()
        report = Report(load.func.__name__, threads)
        report.want("finished", f"{type(error).__name__}: {error}", "yes", False)
    took = time.monotonic() - began
    print(f"{took:5.0f} s  {report.load}, threads {threads}", file=sys.stderr, flush=True)
    return report


def machine():
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    busy = os.getloadavg()[0]
    name = next(
        (line.split(":", 1)[1].strip() for line in cpu_lines() if line.startswith("model name")),
        platform.machine(),
    )
    cores = len(os.sched_getaffinity(0))
    return f"{cores} cores ({name}), {memory:.0f} GiB, Linux {platform.release()}, load {busy:.1f}"


def cpu_lines():
    return Path("/proc/cpuinfo").read_text().splitlines()


if __name__ == "__main__":
    sys.exit(main())
