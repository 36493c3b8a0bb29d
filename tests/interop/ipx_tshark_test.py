"""What netecho sends over ipx:// is decoded by Wireshark's own dissector without a complaint, in
each framing. Needs root, for hosts of the test's own."""

import ipx
import pytest
from captures import decoded, keep
from hosts import two_hosts
from probes import IN_TURN
from programs import need

FIELDS = ["ipx.checksum", "ipx.len", "ipx.hops", "ipx.packet_type", "ipx.dst.net", "ipx.dst.node",
          "ipx.dst.socket", "ipx.src.net", "ipx.src.node", "ipx.src.socket", "_ws.expert",
          "_ws.malformed"]
NET = 0x1A2B


def sent(client, server, framing, sock, size, count):
    """Every frame of a run, in their order, and the macs of both ends."""
    with ipx.Wire(client) as answers, ipx.Wire(server) as requests:
        target = f"ipx://{client.wire}/{NET:x}.{requests.node}:{sock:04x}"
        done = client.netecho("probe", target, "--framing", framing, f"-c{count}", "-s", size,
                              *IN_TURN)
        assert done.code == 0, done
        packets = [wire.receive() for _ in range(count) for wire in (requests, answers)]
        assert {each.framing for each in packets} == {framing}
        return packets, (answers.mac, requests.mac)


@pytest.mark.parametrize("framing", ipx.FRAMINGS)
@pytest.mark.parametrize("sock", [ipx.ECHO, ipx.PING], ids=["echo", "ping"])
def test_every_frame_is_decoded_with_what_it_should_say(tmp_path, framing, sock):
    need("tshark")
    count = 2
    with two_hosts() as (here, there), there.serve(f"ipx://{there.wire}"):
        runs = [(size, *sent(here, there, framing, sock, size, count))
                for size in (0, 5, 64, 1451)]
    keep(tmp_path / "frames.pcap", [each.frame for _, packets, _ in runs for each in packets])
    packets = decoded(tmp_path / "frames.pcap", FIELDS)
    assert len(packets) == 2 * count * len(runs)
    for size, heard, (client, server) in runs:
        whose = f"0x{heard[0].source[2]:04x}"
        for number in range(2 * count):
            ends = [(client, whose), (server, f"0x{sock:04x}")]
            if number % 2 == 1:
                ends.reverse()
            (source, from_socket), (destination, to_socket) = ends
            assert packets.pop(0) == {
                "ipx.checksum": "0xffff",
                "ipx.len": str(30 + (2 if sock == ipx.ECHO else 10) + size),
                "ipx.hops": "0",
                "ipx.packet_type": "0x02" if sock == ipx.ECHO else "0x00",
                "ipx.dst.net": f"0x{NET:08x}",
                "ipx.dst.node": destination,
                "ipx.dst.socket": to_socket,
                "ipx.src.net": f"0x{NET:08x}",
                "ipx.src.node": source,
                "ipx.src.socket": from_socket,
                "_ws.expert": "",
                "_ws.malformed": "",
            }
