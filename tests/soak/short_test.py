"""The short form of ./dev soak: every load for a moment, every bar."""

import subprocess
import sys
from pathlib import Path

import loads
import pytest

_SEED = 1


def test_the_long_form_starts():
    soak = Path(__file__).with_name("soak.py")
    done = subprocess.run([sys.executable, soak, "x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "usage: ./dev soak [SECONDS]\n")


@pytest.mark.parametrize("threads", loads.THREADS)
@pytest.mark.parametrize("load", loads.short(_SEED))
def test_every_bar_is_held_under(load, threads, folder):
    report = loads.short(_SEED)[load](threads, folder)
    assert report.missed == []
    assert any(bar for _, _, bar, _ in report.rows)
