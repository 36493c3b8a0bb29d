"""ipx://: netecho with an independent client and station, forged packets, and what cannot be. Needs
root."""

import struct

import ipx
import pytest
from frames import MAGIC
from ipx import ALL_NODES, ECHO, FRAMINGS, PING
from netecho import complains, eventually, netecho
from probes import IN_TURN, whole
from schema import check
from stations import (
    SOCKETS,
    is_told_of_interfaces,
    is_told_the_remedy,
    pair,  # noqa: F401
    probe,
    stopped,
    uri,
)
from wires import packed


# --- with others ----------------------------------------------------------------------------------


@pytest.mark.parametrize("framing", FRAMINGS)
def test_its_probes_are_what_the_protocol_says(pair, framing):
    here, there = pair
    with ipx.station(there) as station:
        for sock in SOCKETS.values():
            target = uri(here, station.mac, net=7, sock=sock)
            s = probe(here, target, "--framing", framing, "-c3", *IN_TURN)
            small = probe(here, target, "--framing", framing, "-c2", "-s5", *IN_TURN)
            assert s["received_total"] == 3 and small["received_total"] == 2
    own = ipx.node_of(ipx.mac_of(here))
    assert len(station.heard) == 10
    for number, heard in enumerate(station.heard):
        sock, number = (ECHO, PING)[number // 5], number % 5
        size, sequence = (64, number) if number < 3 else (5, number - 3)
        head = ipx.echo(1) if sock == ECHO else ipx.ping(0, sequence)
        assert (heard.framing, heard.to_mac, heard.checksum, heard.control) == (
            framing, station.mac, 0xFFFF, 0)
        assert (heard.kind, heard.to) == (2 if sock == ECHO else 0, (7, station.node, sock))
        assert heard.source[:2] == (7, own) and 0x5000 <= heard.source[2] < 0x8000
        assert heard.length == 30 + len(head) + size
        assert heard.data[:len(head)] == head and heard.padding == b"\0" * (size % 2)
        carried = heard.data[len(head):]
        if size == 64:
            assert carried[:4] == MAGIC
            assert struct.unpack_from(">Q", carried, 24) == (sequence,)
        else:
            assert carried[:4] == struct.pack("<I", sequence)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_padding_behind_an_answer_is_no_part_of_it(pair, framing):
    here, there = pair
    with ipx.station(there, least=ipx.LEAST, net=0x1A2B) as station:
        target = [uri(here, station.mac), "--framing", framing]
        for size in (0, 4, 5, 32, 64):
            s = probe(here, *target, "-c3", "-s", size, *IN_TURN)
            assert (s["received_total"], s["mismatch_total"]) == (3, 0)
        result = here.netecho("send", *target, "hi")
        assert (result.code, result.stdout) == (0, b"hi")


def test_a_station_that_changes_what_it_answers_is_noticed(pair):
    here, there = pair

    def spoil(answer):
        return answer[:-1] + bytes([answer[-1] ^ 1])

    with ipx.station(there, change=spoil) as station:
        s = probe(here, uri(here, station.mac), "-c3", *IN_TURN, code=1)
        assert (s["mismatch_total"], s["received_total"]) == (3, 0)
        assert here.netecho("send", uri(here, station.mac), "x" * 40).code == 6


def test_a_second_copy_is_a_duplicate(pair):
    here, there = pair
    with ipx.station(there, copies=2) as station:
        s = probe(here, uri(here, station.mac), "-c20", "-i20ms")
    assert whole(s, 20) and 0 < s["duplicate_total"] <= s["received_total"]


@pytest.mark.parametrize("wrong", [
    lambda answer: b"\x12\x34" + answer[2:],  # A checksum.
    lambda answer: answer[:2] + b"\x0f\xff" + answer[4:],  # A length that lies.
    lambda answer: answer[:10] + b"\x02\0\0\0\0\x99" + answer[16:],  # To another node.
    lambda answer: answer[:16] + b"\x40\x03" + answer[18:],  # To another socket.
    lambda answer: answer[:22] + b"\x02\0\0\0\0\x99" + answer[28:],  # From another node.
    lambda answer: answer[:28] + b"\x04\x53" + answer[30:],  # From another socket.
    lambda answer: answer[:30] + b"\0\x01" + answer[32:],  # A request.
], ids=["checksum", "length", "node", "socket", "whose", "which", "request"])
def test_what_is_no_answer_to_the_question_is_left_alone(pair, wrong):
    here, there = pair
    with ipx.station(there, change=wrong) as station:
        s = probe(here, uri(here, station.mac), "-c2", *IN_TURN, "-W200ms", code=1)
    assert (s["timeout_total"], s["rx_bytes_total"], s["mismatch_total"]) == (2, 0, 0)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_a_request_is_answered_in_kind(pair, framing):
    here, there = pair
    with there.serve(f"ipx://{there.wire}", "--json") as server, ipx.Wire(here) as wire:
        mac = ipx.mac_of(there)
        node = ipx.node_of(mac)
        own = (0x42, wire.node, 0x4567)
        for data in (b"", b"odd", bytes(range(256)) * 5):
            for to_mac, to in ((mac, (7, node)), (ipx.ALL_STATIONS, (7, ALL_NODES)),
                               (ipx.ALL_STATIONS, (0, node))):
                for sock, kind, asked, said in (
                        (ECHO, 2, ipx.echo(1, data), ipx.echo(2, data)),
                        (PING, 0, ipx.ping(0, 513, data), ipx.ping(1, 513, data)),
                        (PING, 4, ipx.ping(0, 513, data), ipx.ping(1, 513, data))):
                    request = ipx.packet((*to, sock), own, kind, asked, control=15)
                    answer = wire.ask(to_mac, framing, request)
                    assert (answer.framing, answer.from_mac, answer.to_mac) == (
                        framing, mac, wire.mac)
                    assert (answer.checksum, answer.control, answer.kind) == (0xFFFF, 0, kind)
                    assert (answer.to, answer.source) == (own, (to[0], node, sock))
                    assert answer.length == 30 + len(asked) and answer.data == said
                    assert answer.padding == b"\0" * (len(data) % 2)
        _, drops = stopped(server)
    assert drops == {}


def hostile(own, node):
    """(why it is dropped, a packet, the frame's forged source)."""
    to, source = (0, node, ECHO), (0, own, 0x4567)
    good = ipx.echo(1, b"data")
    nobody = "02:00:00:00:00:99"
    yield "multicast", ipx.packet(to, (0, ALL_NODES, 2), 2, good), None
    yield "multicast", ipx.packet(to, (0, "03" + own[2:], 2), 2, good), None
    yield "multicast", ipx.packet(to, source, 2, good), "03:00:00:00:00:01"
    yield "loop", ipx.packet(to, (0, node, ECHO), 2, good), None
    yield "loop", ipx.packet(to, (0, node, ECHO), 2, good), nobody
    yield "loop", ipx.packet(to, source, 2, ipx.echo(2, b"data")), None
    yield "loop", ipx.packet((0, node, PING), source, 0, ipx.ping(1, 7, b"data")), None
    yield "loop", ipx.packet(to, source, 2, good, control=16), None
    yield "loop", ipx.packet(to, source, 2, good, control=255), None
    yield "not_allowed", ipx.packet((0x99, node, ECHO), source, 2, good), None
    yield "not_allowed", ipx.packet((0, "020000000099", ECHO), source, 2, good), None
    yield "truncated", ipx.packet(to, source, 2, good, length=4000), None
    yield "truncated", ipx.packet(to, source, 2, good, length=37), None
    yield "truncated", ipx.packet(to, source, 2, good, length=31), None
    yield "truncated", ipx.packet(to, source, 2, good, length=0), None
    yield "truncated", ipx.packet(to, source, 2, b""), None
    yield "truncated", ipx.packet(to, source, 2, good)[:20], None
    yield "truncated", ipx.packet(to, source, 2, good, checksum=0x1234), None
    yield "truncated", ipx.packet(to, source, 4, good), None
    yield "truncated", ipx.packet(to, source, 2, ipx.echo(3)), None
    yield "truncated", ipx.packet((0, node, PING), source, 2, ipx.ping(0, 7)), None
    yield "truncated", ipx.packet((0, node, PING), source, 0, ipx.ping(0, 7, version=2)), None
    yield "truncated", ipx.packet((0, node, PING), source, 0, ipx.ping(2, 7)), None


def test_what_is_not_answered_is_counted_with_its_reason(pair):
    here, there = pair
    mac = ipx.mac_of(there)
    node = ipx.node_of(mac)
    with there.serve(f"ipx://{there.wire}/7", "--trace", "--json") as server:
        with ipx.Wire(here) as wire:
            expected = []
            for number, (why, carried, source) in enumerate(hostile(wire.node, node)):
                wire.send(mac, "ethernet2", carried, source=source)
                expected.append(why)
                # Had it been answered, that would come first.
                request = ipx.packet((7, node, PING), (7, wire.node, 0x4567), 0,
                                     ipx.ping(0, number))
                answer = wire.ask(mac, "ethernet2", request)
                assert answer.data == ipx.ping(1, number), (why, carried)
        counts, drops = stopped(server)
        reasons = [e["reason"] for e in server.events("datagram") if e["action"] == "dropped"]
        peers = {check(e)["peer"]["uri"] for e in server.events("datagram") if not e["reason"]}
    assert reasons == expected
    assert drops == {why: expected.count(why) for why in expected}
    assert counts["rx_messages_total"] == counts["tx_messages_total"] + len(expected)
    assert peers == {f"ipx://{there.wire}/00000007.{wire.node}:4567"}


def test_a_server_without_a_net_answers_for_any(pair):
    here, there = pair
    mac = ipx.mac_of(there)
    for served, asked, answered in (("", 0x99, True), ("/0", 0, True), ("/7", 0, True),
                                    ("/7", 7, True), ("/7", 8, False)):
        with there.serve(f"ipx://{there.wire}{served}"):
            target = uri(here, mac, net=asked)
            s = probe(here, target, "-c1", "-W", "60s" if answered else "200ms",
                      code=0 if answered else 1)
        assert s["received_total"] == answered, (served, asked)


def test_frames_of_others_are_not_heard(pair):
    here, there = pair
    mac = ipx.mac_of(there)
    with there.serve(f"ipx://{there.wire}", "--json") as server, ipx.Wire(here) as wire:
        def mine(sock=ECHO):
            return ipx.packet((0, ipx.node_of(mac), sock), (0, wire.node, 0x4567), 2, ipx.echo(1))

        for framing in FRAMINGS:
            wire.send("02:00:00:00:00:99", framing, mine())
            wire.send(mac, framing, mine(), vlan=5)
            wire.send(mac, framing, mine(0x0452))  # NetWare's own broadcasts are for others.
            # A tag that only has a priority belongs to no VLAN.
            assert wire.ask(mac, framing, mine(), vlan=0).data == ipx.echo(2)
        wire.sock.send(packed(mac) + packed(wire.mac) + b"\x00\x04\xe0\xe0\x03\xff")
        wire.sock.send(packed(mac) + packed(wire.mac) + b"\x90\x00" + mine())
        assert wire.ask(mac, "snap", mine()).data == ipx.echo(2)
        counts, drops = stopped(server)
    assert (counts["rx_messages_total"], counts["tx_messages_total"], drops) == (5, 5, {})


def test_each_station_has_a_rate(pair):
    here, there = pair
    mac = ipx.mac_of(there)
    with there.serve(f"ipx://{there.wire}", "--udp-max-rate=1", "--json") as server:
        with ipx.Wire(here) as wire:
            for number in range(15):  # The last five are not held to what the first one did.
                source = "02:00:00:00:00:aa" if number < 10 else f"02:00:00:00:01:{number}"
                # The rate is that of whoever sends the frames, be it for many behind a router.
                asker = (0, f"0200000099{number:02}", 0x4567)
                # A broadcast has no rate of its own.
                to = ALL_NODES if number % 2 else ipx.node_of(mac)
                request = ipx.packet((0, to, PING), asker, 0, ipx.ping(0, number))
                wire.send(mac, "ethernet2", request, source=source)
            # Frames to forged addresses reach this end of the cable, too.
            answered = []
            while 14 not in answered:
                answered.append(struct.unpack_from("!H", wire.receive().data, 6)[0])
            eventually(lambda: server.stderr.count("--udp-max-rate"), "the warning")
        counts, drops = stopped(server)
        (warning,) = [line for line in server.stderr.splitlines() if "--udp-max-rate" in line]
    assert "drops what 02:00:00:00:00:aa sends beyond 1 a second" in warning
    assert answered[0] == 0 and answered[-5:] == [10, 11, 12, 13, 14]
    assert counts["rx_messages_total"] == 15
    assert 0 < drops["rate"] == 15 - len(answered)


# --- what cannot be -------------------------------------------------------------------------------


def endpoint_of(command, interface):
    return f"ipx://{interface}" + ("" if command == "serve" else "/020000000001")


@pytest.mark.parametrize("command", ["serve", "probe", "send"])
def test_an_interface_that_is_not_there_is_told_with_those_that_are(pair, command):
    is_told_of_interfaces(pair[0], command, endpoint_of(command, "nosuch0"))


@pytest.mark.parametrize("command", ["serve", "probe"])
def test_the_loopback_is_no_ethernet(pair, command):
    assert "lo is no Ethernet" in complains(pair[0].netecho(command, endpoint_of(command, "lo")), 4)


@pytest.mark.parametrize("command", ["serve", "probe"])
def test_without_the_right_to_it_the_remedy_is_told(pair, command):
    is_told_the_remedy(pair[0], command, endpoint_of(command, pair[0].wire))


@pytest.mark.parametrize("args, why", [
    (["send", "ipx://eth0", "x"], "one station"),
    (["send", "ipx://eth0/7.ffffffffffff", "x"], "one station"),
    (["serve", "ipx://eth0/7.020000000001"], "did you mean ipx://eth0/00000007?"),
    (["serve", "ipx://eth0", "--framing", "snap"], "--framing"),
    (["probe", "ipx://eth0/0200.0000.0001"],
     "did you mean ipx://eth0/00000000.020000000001:0002?"),
    (["probe", "ipx://7.020000000001"], "did you mean ipx://eth0/00000007.020000000001:0002?"),
    (["probe", "ipx://eth0/7"], "did you mean ipx://eth0/00000007.ffffffffffff:0002?"),
    (["probe", "ipx://eth0/020000000001:0451"], "at 0002 (XNS, Cisco) and 9086 (NLSP, Novell)"),
    (["probe", "ipx://"], "the interface is missing"),
    (["probe", "ipx://a-name-of-16-bytes"], "at most 15 bytes"),
    (["probe", "ipx://eth0", "--framing", "802.5"], "--framing"),
    (["probe", "udp://127.0.0.1:9", "--framing", "snap"], "--framing"),
    (["probe", "ipx://eth0", "--mode", "connect"], "--mode"),
    (["probe", "ipx://eth0", "--df", "do"], "--df"),
    (["probe", "ipx://eth0", "--ttl", "3"], "--ttl"),
    (["probe", "ipx://eth0", "-B", "127.0.0.1"], "--bind"),
    (["probe", "ipx://eth0", "-I", "eth0"], "--interface"),
    (["serve", "ipx://eth0", "--allow", "127.0.0.1"], "--allow"),
    (["serve", "ipx://eth0", "--ctp-hops", "2"], "--ctp-hops"),
])
def test_what_makes_no_sense_is_told(args, why):
    assert why in complains(netecho(*args), 2)
