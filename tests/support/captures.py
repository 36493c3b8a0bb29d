"""What passes a host's wire: a packet socket hears it, and a file keeps it for other programs."""

import contextlib
import ctypes
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

CLONE_NEWNET = 0x40000000  # From linux/sched.h.
ETH_P_ALL = 3  # From linux/if_ether.h.
SO_RCVBUFFORCE = 33  # From asm-generic/socket.h.


def packet_socket(host):
    """Only its thread moves to the host: the socket stays there, and this process where it is."""

    def opened():
        with open(f"/proc/{host.pid}/ns/net", encoding="ascii") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        sock.bind((host.wire, ETH_P_ALL))
        return sock

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(opened).result()


def frames_of(sock):
    """All that has come so far."""
    with contextlib.suppress(BlockingIOError):
        while True:
            yield sock.recv(1 << 16, socket.MSG_DONTWAIT)


@contextlib.contextmanager
def captured(host, file):
    """What passes the host's wire inside the block is in this file (pcap) after it. When each frame
    passed is not kept, but their order."""
    with packet_socket(host) as sock:
        yield
        with file.open("wb") as out:
            out.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, 1))
            for number, frame in enumerate(frames_of(sock)):
                out.write(struct.pack("=IIII", 0, number, len(frame), len(frame)) + frame)
