"""What netecho sends over packet:// is decoded by Wireshark's own dissector without a complaint.
Needs root, for hosts of the test's own."""

import struct

import ctp
import pytest
from hosts import two_hosts
from probes import IN_TURN
from programs import need, run

FIELDS = ["loop.skipcount", "loop.relevant_function", "loop.forwarding_address",
          "loop.receipt_number", "_ws.expert", "_ws.malformed"]
FORWARD, REPLY = "2", "1"


def capture(path, frames):
    """A file of frames as tcpdump writes it: Ethernet, with times that mean nothing."""
    records = [struct.pack("<IIII", 0, 0, len(each), len(each)) + each for each in frames]
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))


def decoded(path):
    options = [word for field in FIELDS for word in ("-e", field)]
    lines = run("tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=|", *options).decode()
    return [dict(zip(FIELDS, line.split("|"), strict=True)) for line in lines.splitlines()]


def whole(source, destination, carried):
    return ctp.packed(destination) + ctp.packed(source) + struct.pack("!H", ctp.ETHERTYPE) + carried


@pytest.mark.parametrize("size", [0, 8, 32, 64, 1486])
def test_every_frame_is_decoded_with_what_it_should_say(tmp_path, size):
    need("tshark")
    count = 5
    with two_hosts() as (here, there), there.serve(f"packet://{there.wire}"):
        with ctp.Wire(here) as answers, ctp.Wire(there) as requests:
            target = f"packet://{here.wire}/{requests.mac}"
            assert here.netecho("probe", target, f"-c{count}", "-s", size, *IN_TURN).code == 0
            frames = [whole(*wire.receive()) for _ in range(count) for wire in (requests, answers)]
            own = answers.mac
    capture(tmp_path / "frames.pcap", frames)
    packets = decoded(tmp_path / "frames.pcap")
    assert len(packets) == 2 * count
    for number, packet in enumerate(packets):
        request = number % 2 == 0
        assert packet == {
            "loop.skipcount": "0" if request else "8",
            "loop.relevant_function": FORWARD if request else REPLY,
            "loop.forwarding_address": own,
            "loop.receipt_number": str(number // 2),
            "_ws.expert": "",
            "_ws.malformed": "",
        }
