"""ICMP errors about TCP connections of this host, forged by somebody who sees their segments. Needs
root. As a program, in a namespace: ADDRESS PORT TIMES forges so many against a client of that
server, and prints how many of them were about something under way.
"""

import contextlib
import socket
import struct
import sys
import time

from raw import checksum

# From linux/in.h and linux/in6.h: IP_RECVERR, IPV6_RECVERR.
ASKING = {socket.AF_INET: (socket.IPPROTO_IP, 11), socket.AF_INET6: (socket.IPPROTO_IPV6, 25)}


def prohibited(family, client, server, sequence):
    """"Administratively prohibited", about the segment with this sequence number."""
    ends = b"".join(socket.inet_pton(family, address) for address, _ in (client, server))
    segment = struct.pack("!HHI", client[1], server[1], sequence) + bytes(12)
    if family == socket.AF_INET:
        quoted = struct.pack("!BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + ends + segment
        check = checksum(struct.pack("!BBHI", 3, 13, 0, 0) + quoted)
        return struct.pack("!BBHI", 3, 13, check, 0) + quoted
    # The kernel fills in ICMPv6's checksum, which covers addresses, too.
    quoted = struct.pack("!IHBB", 6 << 28, 20, 6, 64) + ends + segment
    return struct.pack("!BBHI", 1, 1, 0, 0) + quoted


class Forger:
    """Watches what a server sends, and forges errors about what it is sent. Both are this host."""

    def __init__(self, stack, family, server):
        self.family = family
        self.server = server
        protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
        self.segments, self.errors = (
            stack.enter_context(socket.socket(family, socket.SOCK_RAW, each))
            for each in (socket.IPPROTO_TCP, protocol)
        )
        self.segments.settimeout(20)

    def next(self):
        """(the client's port, its first byte that the server has not got)."""
        while True:
            segment = self.segments.recv(65536)
            if self.family == socket.AF_INET:
                segment = segment[(segment[0] & 15) * 4:]
            source, target, _, acknowledged = struct.unpack("!HHII", segment[:12])
            established = segment[13] & 0x17 == 0x10  # ACK; no SYN, FIN, RST.
            if source == self.server[1] and established:
                return target, acknowledged

    def forge(self):
        port, sequence = self.next()
        client = (self.server[0], port)
        error = prohibited(self.family, client, self.server, sequence)
        self.errors.sendto(error, (client[0], 0))


def ends_a_connection_that_asks(family, address):
    """Else the errors that are forged here would prove nothing."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((address, 0), family=family))
        forger = Forger(stack, family, listener.getsockname()[:2])
        client = stack.enter_context(socket.create_connection(listener.getsockname()[:2], 20))
        client.setsockopt(*ASKING[family], 1)
        server = stack.enter_context(listener.accept()[0])
        server.sendall(b"x")
        client.recv(1)
        forger.forge()
        try:
            for _ in range(100):
                client.sendall(b"x")
                time.sleep(0.02)
        except OSError:
            return True
    return False


def out_of_window():
    """How many errors the kernel left aside, for they quote nothing that is under way."""
    with open("/proc/net/netstat", encoding="ascii") as file:
        names, values = (line.split() for line in file if line.startswith("TcpExt:"))
    return int(dict(zip(names, values))["OutOfWindowIcmps"])


def main(address, port, times):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    assert ends_a_connection_that_asks(family, address), "what is forged has no effect"
    with contextlib.ExitStack() as stack:
        forger = Forger(stack, family, (address, port))
        before = out_of_window()
        for _ in range(times):
            forger.forge()
        print(times - (out_of_window() - before))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
