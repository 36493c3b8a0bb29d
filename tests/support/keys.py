"""Servers with a key, for the tests of authentication; the second implementation is in frames.py."""

import os

import pytest
from frames import Frame
from netecho import netecho, serve
from sockets import receive_all

KEY = b"a key of thirty-two bytes, no less"
OTHER = b"another key, of as many bytes or so"
KINDS = ["udp", "unixgram", "unixpacket", "tcp", "unix"]
MESSAGES = KINDS[:3]
STREAMS = KINDS[3:]

_serial = iter(range(1, 1_000_000))


def key_file(folder, name, data, mode=0o600):
    path = folder / name
    path.write_bytes(data)
    path.chmod(mode)
    return path


@pytest.fixture
def key(folder):
    return key_file(folder, "key", KEY)


@pytest.fixture
def other(folder):
    return key_file(folder, "other", OTHER)


def listen_on(kind):
    if kind in ("tcp", "udp"):
        return f"{kind}://127.0.0.1:0"
    return f"{kind}:@netecho-auth-{os.getpid()}-{next(_serial)}"


def keyed(kind, *options):
    return serve(listen_on(kind), "--json", "-v", "--trace", *options)


def probed(*args, **popen):
    """The result, and its one summary."""
    result = netecho("probe", *args, "--json", **popen)
    (summary,) = result.json["targets"]
    return result, summary


def request(**fields):
    fields.setdefault("session", os.getpid() << 32 | next(_serial))
    return Frame(**fields)


def stopped(server):
    """The figures of its one endpoint."""
    assert server.stop() == 0, server.stderr
    (endpoint,) = server.event("stopped")["endpoints"]
    return endpoint


def closed_without_a_byte(client):
    try:
        return receive_all(client) == b""
    except ConnectionResetError:
        return True  # It had not read all that was sent.
