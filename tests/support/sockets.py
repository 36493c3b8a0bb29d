"""Plain Python sockets: clients of the endpoints that a server announced."""

import hashlib
import re
import socket

IPPROTO_MPTCP = 262  # From linux/in.h.

KINDS = {
    "tcp4": (socket.AF_INET, socket.SOCK_STREAM),
    "tcp6": (socket.AF_INET6, socket.SOCK_STREAM),
    "mptcp4": (socket.AF_INET, socket.SOCK_STREAM),  # To connect() to it by plain TCP.
    "mptcp6": (socket.AF_INET6, socket.SOCK_STREAM),
    "udp4": (socket.AF_INET, socket.SOCK_DGRAM),
    "udp6": (socket.AF_INET6, socket.SOCK_DGRAM),
    "unix": (socket.AF_UNIX, socket.SOCK_STREAM),
    "unixgram": (socket.AF_UNIX, socket.SOCK_DGRAM),
    "unixpacket": (socket.AF_UNIX, socket.SOCK_SEQPACKET),
}


def parse(uri):
    """(family, type, address) of a canonical endpoint."""
    scheme, rest = uri.split("://", 1)
    family, kind = KINDS[scheme]
    if family == socket.AF_UNIX:
        return family, kind, "\0" + rest[1:] if rest.startswith("@") else rest
    host, port = re.fullmatch(r"(.*):(\d+)", rest).groups()
    return family, kind, (host.strip("[]"), int(port))


def connect(uri, timeout=10):
    """A connected socket; a Unix datagram one gets a name, so that it can be answered."""
    family, kind, address = parse(uri)
    sock = socket.socket(family, kind)
    try:
        if family == socket.AF_UNIX and kind == socket.SOCK_DGRAM:
            sock.bind("")
        sock.settimeout(timeout)
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock


def has_mptcp():
    """Whether this kernel has MPTCP, and it is on in this network namespace."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP).close()
        return True
    except OSError:
        return False


def receive(sock, size):
    """Exactly `size` bytes of a stream."""
    data = bytearray()
    while len(data) < size:
        piece = sock.recv(min(size - len(data), 1 << 20))
        assert piece, f"the stream ended after {len(data)} of {size} bytes"
        data += piece
    return bytes(data)


def receive_all(sock):
    """The rest of a stream."""
    data = bytearray()
    while piece := sock.recv(1 << 20):
        data += piece
    return bytes(data)


def echo(sock, data):
    """Sends and returns what comes back: of a stream as many bytes, else one message."""
    sock.sendall(data) if data else sock.send(data)
    if sock.type == socket.SOCK_STREAM:
        return receive(sock, len(data))
    return sock.recv(1 << 20)


def pattern(size, seed=0):
    """Bytes in which every position matters: a lost, doubled or swapped piece shows."""
    pieces = []
    for block in range((size + 31) // 32):
        pieces.append(hashlib.sha256(b"%a %d" % (seed, block)).digest())
    return b"".join(pieces)[:size]
