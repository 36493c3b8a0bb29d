"""The netecho frame, written from docs/wire-format.md: shares no code with netecho."""

import dataclasses
import hashlib
import hmac
import struct
from dataclasses import dataclass, field

MAGIC = b"\x89NEC"
STAMP = 1
TAG = 2
_HEADER = struct.Struct(">4sBBHIIQQ")
_BLOCK = struct.Struct(">QQQ")


def _table():
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        table.append(crc)
    return table


_TABLE = _table()


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc ^ 0xFFFFFFFF


@dataclass
class Frame:
    session: int = 0x0123456789ABCDEF
    sequence: int = 0
    kind: int = 1
    flags: int = STAMP
    stamp: tuple = (0, 0, 0)  # received, sent, count
    payload: bytes = b""
    intact: bool = field(default=True, compare=False)

    def bytes(self):
        block = _BLOCK.pack(*self.stamp) if self.flags & STAMP else b""
        size = _HEADER.size + len(block) + len(self.payload)

        def header(checksum):
            return _HEADER.pack(
                MAGIC, 1, self.kind, self.flags, size, checksum, self.session, self.sequence
            )

        tail = block + self.payload
        return header(crc32c(header(0) + tail)) + tail


def signed(data, key):
    """The same frame with the tag in its last 16 bytes, and the checksum over all of it."""
    zeroed = data[:12] + bytes(4) + data[16:-16] + bytes(16)
    tagged = zeroed[:-16] + hmac.new(key, zeroed, hashlib.sha256).digest()[:16]
    return tagged[:12] + struct.pack(">I", crc32c(tagged)) + tagged[16:]


def authenticated(frame, key):
    """The bytes of the frame with a tag behind its payload."""
    tagged = dataclasses.replace(
        frame, flags=frame.flags | TAG, payload=frame.payload + bytes(16)
    )
    return signed(tagged.bytes(), key)


def proven(data, key):
    """The frame of these bytes, its tag taken off; fails if checksum or tag is wrong."""
    frame = parse(data)
    assert frame.flags & TAG and frame.intact, data.hex()
    assert signed(data, key) == data, data.hex()
    return dataclasses.replace(frame, flags=frame.flags & ~TAG, payload=frame.payload[:-16])


def parse(data):
    """The frame; `intact` says whether its checksum holds."""
    magic, version, kind, flags, size, checksum, session, sequence = _HEADER.unpack_from(data)
    assert (magic, version, size) == (MAGIC, 1, len(data)), data[:32].hex()
    rest = data[_HEADER.size :]
    stamp = (0, 0, 0)
    if flags & STAMP:
        stamp = _BLOCK.unpack_from(rest)
        rest = rest[_BLOCK.size :]
    intact = crc32c(data[:12] + bytes(4) + data[16:]) == checksum
    return Frame(session, sequence, kind, flags, stamp, rest, intact)
