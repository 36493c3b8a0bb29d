#!/usr/bin/env python3
"""Prints frame-vectors.txt: an implementation of docs/wire-format.md of its own, in the plainest
way there is, so that the C++ one is compared with something that shares no code with it.

Usage: make_frame_vectors.py > frame-vectors.txt
"""

import hashlib
import hmac
import struct

HEAD = """\
# Test vectors of the netecho frame, version 1 (docs/wire-format.md). Made by make_frame_vectors.py.
#
# A line is a kind and KEY=VALUE fields, separated by one space; '#' starts a comment line.
# BYTES are hexadecimal pieces joined by '+'; a piece 'XX*N' is byte XX repeated N times; '-' is none.
#
#   crc NAME bytes=BYTES crc=HEX
#       CRC-32C of the bytes.
#   frame NAME status=STATUS [type= stamp= auth= length= session= sequence= received= sent= count=] bytes=BYTES
#       What decoding the bytes as one whole message gives; the fields only when status is ok
#       (received, sent and count only with stamp=1). session is hexadecimal, the others decimal.
#       A frame without a tag that is ok is also what encoding these fields gives.
#       STATUS: ok truncated bad_magic bad_version bad_type bad_flags bad_length bad_checksum
#   stamp NAME received=N sent=N count=N request=BYTES reply=BYTES
#       What stamping a request with these values gives. A corrupt request gives a corrupt reply.
#   auth NAME key=BYTES received=N sent=N count=N request=BYTES reply=BYTES
#       An authenticated request, and the reply of a server with this key (received, sent and count
#       are in it only if the request has a stamp block).
#   message NAME bytes=BYTES
#       A stamping server without a key returns these messages unchanged.
"""

REQUEST, REPLY = 1, 2
STAMP, TAG = 1, 2


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def sealed(frame):
    frame = bytes(frame)
    return frame[:12] + struct.pack(">I", crc32c(frame[:12] + bytes(4) + frame[16:])) + frame[16:]


def frame(type_, flags, session, sequence, stamp=(0, 0, 0), payload=b"", tag=b"", length=None,
          magic=b"\x89NEC", version=1):
    body = (struct.pack(">QQQ", *stamp) if flags & STAMP else b"") + payload + tag
    size = 32 + len(body) if length is None else length
    return sealed(magic + struct.pack(">BBHIIQQ", version, type_, flags, size, 0, session, sequence)
                  + body)


def spelled(data):
    """BYTES, with runs of eight and more shortened."""
    pieces, plain, at = [], "", 0
    while at < len(data):
        run = 1
        while at + run < len(data) and data[at + run] == data[at]:
            run += 1
        if run >= 8:
            pieces += [plain] if plain else []
            pieces.append("%02x*%d" % (data[at], run))
            plain = ""
        else:
            plain += "%02x" % data[at] * run
        at += run
    return "+".join(pieces + ([plain] if plain else [])) or "-"


def show_crc(name, data):
    print("crc %s bytes=%s crc=%08x" % (name, spelled(data), crc32c(data)))


def show_ok(name, data):
    _, type_, flags, length, _, session, sequence = struct.unpack(">BBHIIQQ", data[4:32])
    fields = "type=%d stamp=%d auth=%d length=%d session=%016x sequence=%d" % (
        type_, flags & STAMP, flags >> 1, length, session, sequence)
    if flags & STAMP:
        fields += " received=%d sent=%d count=%d" % struct.unpack(">QQQ", data[32:56])
    print("frame %s status=ok %s bytes=%s" % (name, fields, spelled(data)))


def show_bad(name, status, data):
    print("frame %s status=%s bytes=%s" % (name, status, spelled(data)))


def show_stamp(name, request, stamp, corrupt=False):
    reply = bytearray(request)
    reply[5] = REPLY
    reply[32:56] = struct.pack(">QQQ", *stamp)
    old = bytes(request[12:16])
    new = sealed(reply)[12:16]
    error = bytes(a ^ b for a, b in zip(old, sealed(request)[12:16]))
    assert any(error) == corrupt
    reply[12:16] = bytes(a ^ b for a, b in zip(new, error))
    print("stamp %s received=%d sent=%d count=%d request=%s reply=%s" % (
        name, *stamp, spelled(request), spelled(bytes(reply))))


def signed(frame, key):
    frame = bytes(frame)
    hashed = frame[:12] + bytes(4) + frame[16:-16] + bytes(16)
    return sealed(frame[:-16] + hmac.new(key, hashed, hashlib.sha256).digest()[:16])


def show_auth(name, key, request, stamp):
    request = signed(request, key)
    reply = bytearray(request)
    reply[5] = REPLY
    if request[7] & STAMP:
        reply[32:56] = struct.pack(">QQQ", *stamp)
    print("auth %s key=%s received=%d sent=%d count=%d request=%s reply=%s" % (
        name, spelled(key), *stamp, spelled(request), spelled(signed(reply, key))))


def main():
    session = 0x0123456789ABCDEF
    times = (1700000000123456789, 1700000000123460000, 42)
    small = frame(REQUEST, STAMP, session, 7, payload=bytes(range(8)))
    pattern = bytes(i & 0xFF for i in range(1472 - 56))
    tag = bytes(range(0xA0, 0xB0))
    print(HEAD)

    print("# RFC 3720 B.4, and the check value of the catalogues.")
    show_crc("zeros", bytes(32))
    show_crc("ones", b"\xff" * 32)
    show_crc("incrementing", bytes(range(32)))
    show_crc("decrementing", bytes(range(31, -1, -1)))
    show_crc("digits", b"123456789")
    show_crc("empty", b"")

    print("\n# Valid frames.")
    show_ok("smallest", frame(REQUEST, 0, session, 0))
    show_ok("smallest-stamped", frame(REQUEST, STAMP, session, 0))
    show_ok("smallest-authenticated", frame(REQUEST, TAG, session, 0, tag=tag))
    show_ok("smallest-stamped-authenticated", frame(REQUEST, STAMP | TAG, session, 0, tag=tag))
    show_ok("request-64", small)
    show_ok("reply-64", frame(REPLY, STAMP, session, 7, times, bytes(range(8))))
    show_ok("reply-unstamped", frame(REPLY, 0, 0, 0))
    show_ok("one-byte-of-payload", frame(REQUEST, 0, session, 1, payload=b"!"))
    show_ok("all-bits", frame(REPLY, STAMP, 2**64 - 1, 2**64 - 1, (2**64 - 1,) * 3, b"\xff" * 9))
    show_ok("request-1472", frame(REQUEST, STAMP, session, 65536, payload=pattern))
    show_ok("largest", frame(REQUEST, STAMP, session, 2**32, payload=b"\x5a" * (65536 - 56)))

    print("\n# Not frames.")
    show_bad("empty", "truncated", b"")
    show_bad("one-byte", "truncated", small[:1])
    show_bad("eleven-bytes", "truncated", small[:11])
    show_bad("only-a-header", "truncated", small[:32])
    show_bad("last-byte-missing", "truncated", small[:-1])
    show_bad("one-byte-too-many", "bad_length", small + b"\0")
    show_bad("text", "bad_magic", b"hello")
    show_bad("magic-first-byte", "bad_magic", frame(1, 0, session, 0, magic=b"\x09NEC"))
    show_bad("magic-last-byte", "bad_magic", frame(1, 0, session, 0, magic=b"\x89NEX"))
    show_bad("version-0", "bad_version", frame(1, 0, session, 0, version=0))
    show_bad("version-2", "bad_version", frame(1, 0, session, 0, version=2))
    show_bad("type-0", "bad_type", frame(0, 0, session, 0))
    show_bad("type-3", "bad_type", frame(3, 0, session, 0))
    show_bad("flag-bit-2", "bad_flags", frame(1, 4, session, 0))
    show_bad("flag-bit-2-and-stamp", "bad_flags", frame(1, 5, session, 0))
    show_bad("flag-bit-8", "bad_flags", frame(1, 0x100, session, 0))
    show_bad("flag-bit-15", "bad_flags", frame(1, 0x8000, session, 0))
    show_bad("length-0", "bad_length", frame(1, 0, session, 0, length=0))
    show_bad("length-31", "bad_length", frame(1, 0, session, 0, length=31)[:31])
    show_bad("length-one-less", "bad_length", frame(1, 0, session, 0, payload=b"abc", length=34))
    show_bad("length-one-more", "truncated", frame(1, 0, session, 0, payload=b"abc", length=36))
    show_bad("length-too-large", "bad_length", frame(1, 0, session, 0, length=65537))
    show_bad("length-all-bits", "bad_length", frame(1, 0, session, 0, length=2**32 - 1))
    show_bad("stamp-in-55", "bad_length", frame(1, STAMP, session, 0)[:8] + b"\0\0\0\x37"
             + frame(1, STAMP, session, 0)[12:55])
    show_bad("tag-in-47", "bad_length", frame(1, TAG, session, 0, payload=bytes(15)))
    show_bad("stamp-and-tag-in-71", "bad_length", frame(1, 3, session, 0, payload=bytes(15)))
    show_bad("checksum-zero", "bad_checksum", small[:12] + bytes(4) + small[16:])
    show_bad("payload-bit", "bad_checksum", small[:-1] + bytes([small[-1] ^ 1]))
    show_bad("session-bit", "bad_checksum", small[:16] + bytes([small[16] ^ 0x80]) + small[17:])

    print("\n# Stamping.")
    show_stamp("smallest", frame(REQUEST, STAMP, session, 0), (1, 2, 1))
    show_stamp("request-64", small, times)
    show_stamp("used-stamp-block", frame(REQUEST, STAMP, session, 7, (5, 6, 7), b"x"), times)
    show_stamp("request-1472", frame(REQUEST, STAMP, session, 65536, payload=pattern), times)
    show_stamp("largest", frame(REQUEST, STAMP, session, 3, payload=b"\x5a" * 65480), times)
    show_stamp("corrupt-payload", small[:-1] + bytes([small[-1] ^ 1]), times, corrupt=True)
    show_stamp("corrupt-checksum", small[:15] + bytes([small[15] ^ 0x10]) + small[16:], times,
               corrupt=True)

    print("\n# Authentication; keys of the shortest length, of SHA-256's block, beyond it (HMAC hashes")
    print("# such a key first), and of the longest.")
    both, no_tag = STAMP | TAG, bytes(16)
    key = b"sixteen bytes ok"
    show_auth("smallest", key, frame(REQUEST, TAG, session, 0, tag=no_tag), times)
    show_auth("smallest-stamped", key, frame(REQUEST, both, session, 0, tag=no_tag), (1, 2, 1))
    show_auth("request-80", key, frame(REQUEST, both, session, 7, payload=bytes(range(8)),
                                       tag=no_tag), times)
    show_auth("used-stamp-block", key, frame(REQUEST, both, session, 7, (5, 6, 7), b"x", no_tag),
              times)
    show_auth("request-1472", bytes(range(32)),
              frame(REQUEST, both, session, 65536, payload=pattern[:-16], tag=no_tag), times)
    show_auth("largest", bytes(range(64)),
              frame(REQUEST, both, session, 3, payload=b"\x5a" * (65536 - 72), tag=no_tag), times)
    show_auth("key-65", bytes(range(65)), frame(REQUEST, both, session, 9, tag=no_tag), times)
    show_auth("key-1024", bytes(i & 0xFF for i in range(1024)),
              frame(REQUEST, both, session, 9, payload=b"payload", tag=no_tag), times)

    print("\n# Returned unchanged.")
    for name, data in [("plain-text", b"hello"), ("no-stamp", frame(REQUEST, 0, session, 3)),
                       ("authenticated", frame(REQUEST, STAMP | TAG, session, 0, tag=tag)),
                       ("corrupt-reply", small[:5] + b"\x02" + small[6:]),
                       ("longer-than-it-says", small + b"\0"), ("cut", small[:-1]),
                       ("reserved-flag", frame(REQUEST, STAMP | 4, session, 3))]:
        print("message %s bytes=%s" % (name, spelled(data)))


if __name__ == "__main__":
    main()
