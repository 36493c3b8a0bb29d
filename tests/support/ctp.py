"""The Ethernet Configuration Testing Protocol (DIX Ethernet 2.0, section 8), by raw sockets and
apart from netecho: a client and a station. Needs root."""

import contextlib
import select
import struct

import wires
from wires import packed, text

ETHERTYPE = 0x9000
ASSISTANCE = "cf:00:00:00:00:00"
BROADCAST = "ff:ff:ff:ff:ff:ff"
LEAST = 46  # What an Ethernet frame carries at least.


def forward(to):
    """Forward Data."""
    return b"\x02\x00" + packed(to)


def reply(receipt, data=b""):
    return b"\x01\x00" + struct.pack("<H", receipt) + data


def data(*messages, skip=0):
    """What a frame carries: skipCount, the messages, and padding."""
    return (struct.pack("<H", skip) + b"".join(messages)).ljust(LEAST, b"\0")


class Wire(wires.Wire):
    """The end of a host's cable: every frame of the protocol that comes, whole."""

    def __init__(self, host, interface=None):
        super().__init__(host, ETHERTYPE, interface)

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

        def answer(heard):
            _, destination, carried = heard
            done = executed(carried)
            if done is None or destination not in (wire.mac, ASSISTANCE, BROADCAST):
                return
            to, sent_on = done
            for _ in range(copies):
                wire.send(to, change(sent_on) if change else sent_on)

        with wires.answering(wire, answer):
            yield wire


def mac_of(host):
    with Wire(host) as wire:
        return wire.mac
