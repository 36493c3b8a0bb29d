"""The units that are shipped, as systemd's own tools judge them."""

import re
import shlex
import subprocess
import sys

import pytest
from fixtures import needs_root
from netecho import NETECHO, PROJECT
from programs import need

UNITS = PROJECT / "packaging/systemd"


def analyze(*args):
    need("systemd-analyze")
    done = subprocess.run(
        ["systemd-analyze", *map(str, args)],
        capture_output=True, text=True, timeout=60, check=False,
    )
    return done.returncode, done.stdout + done.stderr


# watch makes sockets, and pings.
@pytest.mark.parametrize("name, most", [("netecho.service", 1.5), ("netecho-watch.service", 1.9)])
def test_the_service_is_exposed_by_so_much_at_most(name, most):
    threshold = f"--threshold={most * 10:.0f}"
    code, said = analyze("security", "--offline=true", threshold, "--no-pager", UNITS / name)
    (level,) = re.findall(rf"Overall exposure level for {name}: ([\d.]+)", said)
    assert float(level) <= most, said
    assert code == 0, said


@pytest.fixture
def units(folder):
    """As they would be installed, with the netecho that was just built."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("ExecStart=netecho ", f"ExecStart={NETECHO} ")
        (folder / unit.name).write_text(text)
    for name, command in [("netecho.service", "serve"), ("netecho-watch.service", "watch")]:
        assert f"ExecStart={NETECHO} {command} " in (folder / name).read_text()
    return folder


@needs_root
def test_nothing_is_wrong_with_the_units(units):
    code, said = analyze("verify", *sorted(units.iterdir()))
    ours = [line for line in said.splitlines() if "netecho" in line]
    assert (code, ours) == (0, []), said


@needs_root
@pytest.mark.parametrize("name", ["netecho.service", "netecho-watch.service"])
def test_a_mistake_in_them_would_be_seen(units, name):
    service = units / name
    service.write_text(service.read_text().replace("WatchdogSec=30s", "WatchdogSec=often"))
    _, said = analyze("verify", service)
    assert f"{service}:" in said and "often" in said


def test_a_reload_asks_for_nothing_but_a_shell():
    """`kill` is a program of its own, which Debian's smallest systems do not have."""
    text = (UNITS / "netecho-watch.service").read_text()
    (command,) = re.findall(r"^ExecReload=(.*)$", text, re.M)
    words = [word.replace("$$", "$") for word in shlex.split(command)]
    waits = "import signal; signal.pthread_sigmask(0, [1]); print(flush=True); signal.sigwait([1])"
    with subprocess.Popen([sys.executable, "-c", waits], stdout=subprocess.PIPE) as service:
        service.stdout.readline()
        subprocess.run(
            [f"/bin/{words[0]}", *words[1:]],
            env={"PATH": "", "MAINPID": str(service.pid)}, timeout=60, check=True,
        )
        assert service.wait(60) == 0
