"""Novell's IPX over Ethernet, by raw sockets and apart from netecho: a client and a station that
know the echo of XNS (Cisco) and the ping of NLSP. Needs root."""

import contextlib
import select
import struct
import time
from dataclasses import dataclass

import wires
from wires import packed, text

FRAMINGS = ("ethernet2", "802.3", "802.2", "snap")
LLC = {"802.3": b"", "802.2": b"\xe0\xe0\x03", "snap": b"\xaa\xaa\x03\x00\x00\x00\x81\x37"}
ETHERTYPE = 0x8137
ETH_P_ALL = 3
MOST_BEHIND_LENGTH = 1500
ECHO, PING = 0x0002, 0x9086
ALL_NODES = "ffffffffffff"
ALL_STATIONS = "ff:ff:ff:ff:ff:ff"
LEAST = 60  # What a card sends at least.


def node_of(mac):
    return mac.replace(":", "")


def address(net, node, sock):
    return struct.pack("!I", net) + bytes.fromhex(node) + struct.pack("!H", sock)


def packet(to, source, kind, data, control=0, checksum=0xFFFF, length=None):
    """`to` and `source` are (net, node, socket)."""
    if length is None:
        length = 30 + len(data)
    head = struct.pack("!HHBB", checksum, length, control, kind)
    return head + address(*to) + address(*source) + data


def echo(operation, data=b""):
    return struct.pack("!H", operation) + data


def ping(operation, number=0, data=b"", version=1):
    return b"Ping" + bytes([version, operation]) + struct.pack("!H", number) + b"\0\0" + data


def framed(framing, carried):
    """What follows the addresses of a frame; a packet is made even."""
    carried += b"\0" * (len(carried) % 2)
    if framing == "ethernet2":
        return struct.pack("!H", ETHERTYPE) + carried
    carried = LLC[framing] + carried
    return struct.pack("!H", len(carried)) + carried


@dataclass
class Packet:
    """One that came, whole."""

    frame: bytes
    framing: str
    to_mac: str
    from_mac: str
    checksum: int
    length: int
    control: int
    kind: int
    to: tuple
    source: tuple
    data: bytes
    padding: bytes

    def reply(self, node):
        """The packet that answers it from this node; None if it wants no answer."""
        sock = self.to[2]
        if sock == ECHO and self.data[:2] == b"\x00\x01":
            data = echo(2, self.data[2:])
        elif sock == PING and self.data[:6] == b"Ping\x01\x00":
            data = b"Ping\x01\x01" + self.data[6:]
        else:
            return None
        return packet(self.source, (self.to[0], node, sock), self.kind, data)


def unframed(frame):
    """(framing, packet with what is behind it), or None."""
    (kind,) = struct.unpack_from("!H", frame, 12)
    if kind == ETHERTYPE:
        return "ethernet2", frame[14:]
    if kind > MOST_BEHIND_LENGTH:
        return None
    behind = frame[14:14 + kind]
    for framing in ("802.2", "snap"):
        if behind.startswith(LLC[framing]):
            return framing, behind[len(LLC[framing]):]
    return ("802.3", behind) if behind.startswith(b"\xff\xff") else None


def read_address(data, at):
    (net,) = struct.unpack_from("!I", data, at)
    (sock,) = struct.unpack_from("!H", data, at + 10)
    return net, data[at + 4:at + 10].hex(), sock


def parsed(frame):
    """The Packet of a frame; None if it has none."""
    found = unframed(frame)
    if found is None or len(found[1]) < 30:
        return None
    framing, carried = found
    checksum, length, control, kind = struct.unpack_from("!HHBB", carried)
    return Packet(frame, framing, text(frame[:6]), text(frame[6:12]), checksum, length, control,
                  kind, read_address(carried, 6), read_address(carried, 18), carried[30:length],
                  carried[length:])


class Wire(wires.Wire):
    """The end of a host's cable: every packet of IPX that comes, in whichever framing."""

    def __init__(self, host, interface=None):
        super().__init__(host, ETH_P_ALL, interface)
        self.node = node_of(self.mac)

    def send(self, to, framing, carried, source=None, vlan=None, least=0):
        """`source`: forged; `vlan`: the number in an 802.1Q tag; `least`: padded to so many."""
        tag = b"" if vlan is None else struct.pack("!HH", 0x8100, vlan)
        frame = packed(to) + packed(source or self.mac) + tag + framed(framing, carried)
        self.sock.send(frame.ljust(least, b"\0"))

    def receive(self, seconds=60):
        """The next packet; None if there is none in time. Other protocols are left out."""
        until = time.monotonic() + seconds
        while select.select([self.sock], [], [], max(0, until - time.monotonic()))[0]:
            found = parsed(self.sock.recv(65536))
            if found is not None:
                return found
        return None


@contextlib.contextmanager
def station(host, change=None, copies=1, least=0, net=None):
    """A station that answers what reaches it, in kind; its Wire, with all that it heard in `heard`.

    `change` may give another answer, `copies` says how often each leaves, `net` is its own number.
    """
    with Wire(host) as wire:

        def answer(heard):
            carried = heard.reply(wire.node)
            if heard.to[1] not in (wire.node, ALL_NODES) or carried is None:
                return
            if net is not None:
                carried = carried[:18] + struct.pack("!I", net) + carried[22:]
            for _ in range(copies):
                wire.send(heard.from_mac, heard.framing, change(carried) if change else carried,
                          least=least)

        with wires.answering(wire, answer):
            yield wire


def mac_of(host):
    with Wire(host) as wire:
        return wire.mac
