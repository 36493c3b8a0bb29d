"""Datagrams with a source, a TTL and a checksum of the sender's choice: raw sockets. Needs root."""

import ipaddress
import socket
import struct


def checksum(data):
    """That of the Internet (RFC 1071)."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) // 2 * 2]))
    if len(data) % 2:
        total += data[-1] << 8
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF or 0xFFFF


def packet(source, target, payload=b"forged", hops=64):
    """The IP packet of a UDP datagram; `source` and `target` are (address, port)."""
    (from_ip, from_port), (to_ip, to_port) = source, target
    one, other = ipaddress.ip_address(from_ip), ipaddress.ip_address(to_ip)
    size = 8 + len(payload)
    pseudo = one.packed + other.packed
    pseudo += struct.pack("!BBH", 0, 17, size) if one.version == 4 else struct.pack("!II", size, 17)
    head = struct.pack("!HHH", from_port, to_port, size)
    udp = head + struct.pack("!H", checksum(pseudo + head + b"\0\0" + payload)) + payload
    if one.version == 4:
        return struct.pack("!BBHHHBBH", 0x45, 0, 20 + size, 1, 0, hops, 17, 0) + pseudo[:8] + udp
    return struct.pack("!IHBB", 6 << 28, size, 17, hops) + pseudo[:32] + udp


def forge(source, target, payload=b"forged", hops=64):
    """Sends it from here, whoever has that address."""
    v4 = ipaddress.ip_address(target[0]).version == 4
    family = socket.AF_INET if v4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.sendto(packet(source, target, payload, hops), (target[0], 0))


if __name__ == "__main__":  # In another namespace: FROM FROM_PORT TO TO_PORT HOPS
    import sys

    forge((sys.argv[1], int(sys.argv[2])), (sys.argv[3], int(sys.argv[4])), hops=int(sys.argv[5]))
