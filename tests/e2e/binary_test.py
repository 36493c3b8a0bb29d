"""What the binary asks of the machine before it does anything."""

import re
import subprocess

import pytest
from netecho import INSTRUMENTED, NETECHO


@pytest.mark.skipif(INSTRUMENTED, reason="instrumented builds bring libraries of their own")
def test_it_needs_only_libc_when_it_starts():
    entries = subprocess.run(
        ["readelf", "--dynamic", NETECHO], capture_output=True, text=True, check=True
    ).stdout
    needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", entries))
    assert needed - {"ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"} == {"libc.so.6"}
