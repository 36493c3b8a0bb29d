"""What netecho sends over packet:// is decoded by Wireshark's own dissector without a complaint.
Needs root, for hosts of the test's own."""

import struct

import ctp
import pytest
from captures import decoded, keep
from hosts import two_hosts
from probes import IN_TURN
from programs import need
from wires import packed

FIELDS = ["loop.skipcount", "loop.relevant_function", "loop.forwarding_address",
          "loop.receipt_number", "_ws.expert", "_ws.malformed"]
FORWARD, REPLY = "2", "1"


def whole(source, destination, carried):
    return packed(destination) + packed(source) + struct.pack("!H", ctp.ETHERTYPE) + carried


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
    keep(tmp_path / "frames.pcap", frames)
    packets = decoded(tmp_path / "frames.pcap", FIELDS)
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
