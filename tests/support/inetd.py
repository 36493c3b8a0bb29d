"""xinetd and inetutils-inetd, unpacked and not installed, and xinetd with its echo services."""

import contextlib
import os
import pwd
import subprocess
from pathlib import Path

import pytest
from netecho import PROJECT
from ports import own_port
from programs import bound, started

INETD = PROJECT / "build/inetd"

XINETD = """
service echo
{{
  id = echo-stream
  type = INTERNAL UNLISTED
  socket_type = stream
  protocol = tcp
  port = {tcp}
  bind = 127.0.0.1
  user = {user}
  wait = no
  disable = no
}}
service echo
{{
  id = echo-dgram
  type = INTERNAL UNLISTED
  socket_type = dgram
  protocol = udp
  port = {udp}
  bind = 127.0.0.1
  user = {user}
  wait = yes
  disable = no
}}
"""


def fetch():
    """They conflict with each other, and would start a daemon, if they were installed."""
    script = Path(__file__).resolve().parents[1] / "interop/fetch-inetd.sh"
    done = subprocess.run(
        [script, INETD], capture_output=True, text=True, timeout=100, check=False
    )
    if done.returncode != 0:
        pytest.skip(f"xinetd and inetutils-inetd can't be fetched: {done.stderr.strip()[-200:]}")


def program(name):
    path = INETD / name / "usr/sbin" / name
    libraries = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
    if "not found" in libraries:
        pytest.skip(f"{name} needs a library that is not installed: {libraries}")
    return path


@contextlib.contextmanager
def xinetd(folder):
    """Its echo over TCP and over UDP: two endpoints."""
    tcp, udp = own_port(), own_port()
    conf = folder / "xinetd.conf"
    conf.write_text(XINETD.format(tcp=tcp, udp=udp, user=pwd.getpwuid(os.geteuid()).pw_name))
    ready, also = bound("tcp", tcp), bound("udp", udp)
    args = [program("xinetd"), "-dontfork", "-f", conf, "-pidfile", folder / "pid", "-filelog",
            folder / "log"]
    with started(*args, ready=lambda: ready() and also()):
        yield f"tcp://127.0.0.1:{tcp}", f"udp://127.0.0.1:{udp}"
