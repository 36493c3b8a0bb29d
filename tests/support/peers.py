"""Servers that misbehave on purpose, in a thread of the test."""

import contextlib
import socket
import struct
import threading


class Peer:
    def __init__(self, sock, uri):
        self.sock = sock
        self.uri = uri
        self.received = bytearray()
        self.connections = 0
        self.arrived = threading.Event()
        self.over = threading.Event()


def _own(sock, scheme):
    host, port = sock.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


@contextlib.contextmanager
def stream_peer(handler, host="127.0.0.1"):
    """Calls handler(peer, connection) for each connection, then closes it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.create_server((host, 0), family=family)
    peer = Peer(sock, _own(sock, "tcp"))

    def run():
        while not peer.over.is_set():
            try:
                connection, _ = sock.accept()
            except OSError:
                return
            peer.connections += 1
            connection.settimeout(30)
            with connection, contextlib.suppress(OSError):
                handler(peer, connection)

    with _thread(run, peer):
        yield peer


@contextlib.contextmanager
def datagram_peer(handler):
    """Calls handler(peer, data, address) for each datagram; reply with peer.sock.sendto()."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    peer = Peer(sock, _own(sock, "udp"))

    def run():
        while not peer.over.is_set():
            try:
                data, address = sock.recvfrom(65536)
            except OSError:
                return
            if peer.over.is_set():
                return
            peer.received += data
            peer.arrived.set()
            with contextlib.suppress(OSError):
                handler(peer, data, address)

    with _thread(run, peer):
        yield peer


@contextlib.contextmanager
def _thread(run, peer):
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        peer.over.set()
        with contextlib.suppress(OSError):
            peer.sock.shutdown(socket.SHUT_RDWR)
        if peer.sock.type == socket.SOCK_DGRAM:
            # shutdown() does not wake a thread in recvfrom() on an unconnected socket everywhere.
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
                with contextlib.suppress(OSError):
                    waker.sendto(b"", peer.sock.getsockname())
        thread.join(5)
        peer.sock.close()


def hear(peer, connection, size=1):
    """Receives at least `size` bytes, or up to the end."""
    got = bytearray()
    while len(got) < size:
        piece = connection.recv(65536)
        if not piece:
            break
        got += piece
        peer.received += piece
        peer.arrived.set()
    return bytes(got)


def never_answers(peer, connection):
    while hear(peer, connection):
        pass


def resets(connection):
    """Makes the coming close() a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@contextlib.contextmanager
def closed_port(kind=socket.SOCK_STREAM):
    """A port that refuses: bound, so that nobody else gets it, and not listening.

    For datagrams a bound socket would swallow them; connected to itself, it takes nothing from
    others, and they are refused.
    """
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        if kind == socket.SOCK_DGRAM:
            sock.connect(("127.0.0.1", port))
        yield port
