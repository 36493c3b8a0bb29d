"""The units that are shipped, as systemd's own tools judge them."""

import re
import subprocess

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


def test_the_service_is_exposed_by_1_5_at_most():
    code, said = analyze("security", "--offline=true", "--threshold=15", "--no-pager",
                         UNITS / "netecho.service")
    (level,) = re.findall(r"Overall exposure level for netecho.service: ([\d.]+)", said)
    assert float(level) <= 1.5, said
    assert code == 0, said


@pytest.fixture
def units(folder):
    """As they would be installed, with the netecho that was just built."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace("ExecStart=netecho ", f"ExecStart={NETECHO} ")
        (folder / unit.name).write_text(text)
    assert f"ExecStart={NETECHO} serve" in (folder / "netecho.service").read_text()
    return folder


@needs_root
def test_nothing_is_wrong_with_the_units(units):
    code, said = analyze("verify", units / "netecho.service", units / "netecho.socket")
    ours = [line for line in said.splitlines() if "netecho" in line]
    assert (code, ours) == (0, []), said


@needs_root
def test_a_mistake_in_them_would_be_seen(units):
    service = units / "netecho.service"
    service.write_text(service.read_text().replace("WatchdogSec=30s", "WatchdogSec=often"))
    _, said = analyze("verify", service)
    assert f"{service}:" in said and "often" in said
