"""Where it ran: a figure without its machine says nothing."""

import os
import platform
import shutil
import subprocess
import time
from pathlib import Path

PACKAGES = ("socat", "ncat", "netcat-openbsd", "sockperf", "irtt", "nodejs", "python3", "gcc",
            "iputils-ping", "fping", "prometheus-smokeping-prober", "prometheus-blackbox-exporter")
# The load has a core of its own and every server the rest, so that no round is spent on moving them.
_CPUS = sorted(os.sched_getaffinity(0))
LOAD_CPUS = {_CPUS[0]}
SERVER_CPUS = set(_CPUS[1:]) or {_CPUS[0]}
ALL_CPUS = set(_CPUS)


def _first_value(path, key):
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.split(":", 1)[1].strip()
    return None


def _version(package):
    if not shutil.which("dpkg-query"):
        return None
    done = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False
    )
    return done.stdout or None


def load_average():
    return os.getloadavg()[0]


def describe(netecho):
    version = subprocess.run([netecho, "--version"], capture_output=True, text=True, check=True)
    return {
        "netecho": version.stdout.splitlines()[0],
        "cpu": _first_value("/proc/cpuinfo", "model name"),
        "cores": len(_CPUS),
        "memory": _first_value("/proc/meminfo", "MemTotal"),
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME"),
        "hypervisor": "hypervisor" in (_first_value("/proc/cpuinfo", "flags") or "").split(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "load_average_before": load_average(),
    }
