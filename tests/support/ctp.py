"""The Ethernet Configuration Testing Protocol (DIX Ethernet 2.0, section 8), by raw sockets and
apart from netecho: a client and a station. Needs root."""

import contextlib
import ctypes
import os
import select
import socket
import struct
import threading

ETHERTYPE = 0x9000
ASSISTANCE = "cf:00:00:00:00:00"
BROADCAST = "ff:ff:ff:ff:ff:ff"
LEAST = 46  # What an Ethernet frame carries at least.
CLONE_NEWNET = 0x40000000
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23


def packed(mac):
    return bytes.fromhex(mac.replace(":", ""))


def text(mac):
    return mac.hex(":")


def forward(to):
    """Forward Data."""
    return b"\x02\x00" + packed(to)


def reply(receipt, data=b""):
    return b"\x01\x00" + struct.pack("<H", receipt) + data


def data(*messages, skip=0):
    """What a frame carries: skipCount, the messages, and padding."""
    return (struct.pack("<H", skip) + b"".join(messages)).ljust(LEAST, b"\0")


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
    """The end of a host's cable: every frame of the protocol that comes, whole."""

    def __init__(self, host, interface=None):
        with inside(host):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            self.sock.bind((interface or host.wire, ETHERTYPE))
        self.mac = text(self.sock.getsockname()[4])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, to, carried, source=None, vlan=None):
        """`source`: forged; `vlan`: the number in an 802.1Q tag."""
        tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
        head = packed(to) + packed(source or self.mac) + tag + struct.pack("!H", ETHERTYPE)
        self.sock.send(head + carried)

    def receive(self, seconds=60):
        """(source, destination, what it carries) of the next frame; None if there is none in time."""
        if not select.select([self.sock], [], [], seconds)[0]:
            return None
        frame = self.sock.recv(65536)
        assert frame[12:14] == struct.pack("!H", ETHERTYPE)
        return text(frame[6:12]), text(frame[:6]), frame[14:]

    def ask(self, to, carried, **how):
        """Sends a frame, and gives the next that comes."""
        self.send(to, carried, **how)
        return self.receive()


def executed(carried):
    """(where a station sends it, what it sends), if that is a frame to be sent on."""
    (skip,) = struct.unpack_from("<H", carried)
    rest = carried[2 + skip:]
    if skip % 2 or len(rest) < 8 or rest[:2] != b"\x02\x00":
        return None
    return text(rest[2:8]), struct.pack("<H", skip + 8) + carried[2:]


@contextlib.contextmanager
def station(host, change=None, copies=1):
    """A station that answers what reaches it; its Wire, with all that it heard in `heard`.

    `change` may give another answer, `copies` says how often each leaves.
    """
    with Wire(host) as wire:
        wire.heard = []
        over, stop = os.pipe()

        def run():
            while over not in (ready := select.select([wire.sock, over], [], [])[0]):
                assert ready
                source, destination, carried = wire.receive()
                wire.heard.append((source, destination, carried))
                done = executed(carried)
                if done is None or destination not in (wire.mac, ASSISTANCE, BROADCAST):
                    continue
                to, answer = done
                for _ in range(copies):
                    wire.send(to, change(answer) if change else answer)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield wire
        finally:
            os.write(stop, b"x")
            thread.join(10)
            os.close(over)
            os.close(stop)


def mac_of(host):
    with Wire(host) as wire:
        return wire.mac
