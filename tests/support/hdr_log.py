"""Reads HdrHistogram logs (format 1.3, V2 encoding, compressed), from the format's description."""

import base64
import struct
import zlib

V2_COMPRESSED = 0x1C849304
V2 = 0x1C849303


def counts_of(encoded):
    """{value: count}; a value is the highest that its bucket holds."""
    data = base64.b64decode(encoded, validate=True)
    cookie, length = struct.unpack_from(">II", data)
    assert cookie & ~0xF0 == V2_COMPRESSED, hex(cookie)
    assert len(data) == 8 + length
    plain = zlib.decompress(data[8:])
    cookie, length, offset, digits, lowest, highest, ratio = struct.unpack_from(">IIIIqqd", plain)
    assert cookie & ~0xF0 == V2, hex(cookie)
    assert (offset, ratio) == (0, 1.0)
    payload = plain[40 : 40 + length]
    assert len(payload) == length
    return {top(i, digits, lowest): n for i, n in enumerate(decoded(payload)) if n}, highest


def decoded(payload):
    """Counts by index."""
    counts = []
    at = 0
    while at < len(payload):
        value = 0
        for i in range(9):
            byte = payload[at]
            at += 1
            value |= (byte if i == 8 else byte & 0x7F) << (7 * i)
            if i == 8 or byte < 0x80:
                break
        count = (value >> 1) ^ -(value & 1)
        counts += [0] * -count if count < 0 else [count]
    return counts


def top(index, digits, lowest):
    """The highest value that HdrHistogram counts at this index."""
    unit = lowest.bit_length() - 1
    half_bits = (2 * 10**digits - 1).bit_length() - 1  # 3 digits: 2,048 buckets of one, half of them 1,024.
    bucket = (index >> half_bits) - 1
    sub = (index & ((1 << half_bits) - 1)) + (1 << half_bits)
    if bucket < 0:
        bucket, sub = 0, sub - (1 << half_bits)
    return ((sub + 1) << (bucket + unit)) - 1


def percentile(counts, p):
    total = sum(counts.values())
    below = 0
    for value in sorted(counts):
        below += counts[value]
        if below >= p * total:
            return value
    return None


def read_log(text):
    """(start time, [(tag, start, length, max in ms, counts)])."""
    lines = text.splitlines()
    assert "#[Histogram log format version 1.3]" in lines
    start = next(line for line in lines if line.startswith("#[StartTime: "))
    rows = []
    for line in lines:
        if line.startswith(("#", '"')):
            continue
        fields = line.split(",")
        tag = fields.pop(0)[4:] if line.startswith("Tag=") else None
        begin, length, longest, encoded = fields
        rows.append((tag, float(begin), float(length), float(longest), counts_of(encoded)[0]))
    return float(start.split()[1]), rows
