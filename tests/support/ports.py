"""A port that a test has to itself, also while nothing is bound there.

The kernel gives the same port 0 to everybody: what one test gives back, another may get at once. So
whoever starts a server again at its port, counts on a refusal, or runs a program that can't take
port 0 asks here.
"""

import contextlib
import errno
import socket
from pathlib import Path

import pytest

_claims = []  # Each is a socket whose abstract name holds a port for as long as this process lives.


def own_port():
    """A port that is free over TCP and UDP, and that neither the kernel nor another test gives away."""
    low, high = map(int, Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split())
    for port in range(65535, 1023, -1):
        if not low <= port <= high and _is_claimed_now(port):
            return port
    pytest.skip("every port that is free is one that the kernel may give to others")


def _is_claimed_now(port):
    with contextlib.ExitStack() as undo:
        claim = undo.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        try:
            claim.bind(f"\0netecho-test-port-{port}")
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                _bind_everywhere(kind, port)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            return False
        undo.pop_all()
    _claims.append(claim)
    return True


def _bind_everywhere(kind, port):
    """Throws where somebody has the port at any address."""
    dual = socket.has_dualstack_ipv6()
    with socket.socket(socket.AF_INET6 if dual else socket.AF_INET, kind) as sock:
        if dual:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("", port))
