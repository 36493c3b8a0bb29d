"""What passes a host's wire: a packet socket hears it, and a file keeps it for other programs."""

import contextlib
import socket
import struct

from programs import run
from wires import inside

ETH_P_ALL = 3  # From linux/if_ether.h.
SO_RCVBUFFORCE = 33  # From asm-generic/socket.h.


def packet_socket(host):
    """It hears what comes and what leaves."""
    with inside(host):
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        sock.bind((host.wire, ETH_P_ALL))
    return sock


def frames_of(sock):
    """All that has come so far."""
    with contextlib.suppress(BlockingIOError):
        while True:
            yield sock.recv(1 << 16, socket.MSG_DONTWAIT)


@contextlib.contextmanager
def captured(host, file):
    """What passes the host's wire inside the block is in this file after it."""
    with packet_socket(host) as sock:
        yield
        keep(file, frames_of(sock))


def keep(file, frames):
    """Writes a file of Ethernet frames (pcap). When each passed is not kept, but their order."""
    with file.open("wb") as out:
        out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, 1))
        for number, frame in enumerate(frames):
            out.write(struct.pack("=IIII", 0, number, len(frame), len(frame)) + frame)


def decoded(file, fields):
    """What Wireshark's tshark makes of each frame of a file: the values of these fields."""
    options = [word for field in fields for word in ("-e", field)]
    lines = run("tshark", "-n", "-r", file, "-T", "fields", "-E", "separator=|", *options).decode()
    return [dict(zip(fields, line.split("|"), strict=True)) for line in lines.splitlines()]
