"""Frames of Ethernet by raw sockets: the end of a host's cable, and a thread that answers by hand.
Needs root."""

import contextlib
import ctypes
import os
import select
import socket
import threading

CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23


def packed(mac):
    return bytes.fromhex(mac.replace(":", ""))


def text(mac):
    return mac.hex(":")


@contextlib.contextmanager
def inside(host):
    """Inside the block this thread opens its sockets as that host."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open("/proc/thread-self/ns/net") as here, open(f"/proc/{host.pid}/ns/net") as there:
        assert libc.setns(there.fileno(), CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
        try:
            yield
        finally:
            assert libc.setns(here.fileno(), CLONE_NEWNET) == 0


class Wire:
    """The end of a host's cable: whole frames of one ethertype. A protocol's own wire has send() and
    receive()."""

    def __init__(self, host, ethertype, interface=None):
        with inside(host):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            self.sock.bind((interface or host.wire, ethertype))
        self.mac = text(self.sock.getsockname()[4])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def ask(self, *frame, **how):
        """Sends a frame, and gives the next that comes."""
        self.send(*frame, **how)
        return self.receive()


@contextlib.contextmanager
def answering(wire, answer):
    """Inside the block a thread receives what comes over `wire`, and calls answer(it) with each.

    All that was heard is in `wire.heard`.
    """
    wire.heard = []
    over, stop = os.pipe()

    def run():
        while over not in select.select([wire.sock, over], [], [])[0]:
            heard = wire.receive(seconds=0)
            if heard is not None:
                wire.heard.append(heard)
                answer(heard)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        os.write(stop, b"x")
        thread.join(10)
        os.close(over)
        os.close(stop)
