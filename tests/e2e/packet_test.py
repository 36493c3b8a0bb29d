"""packet://: frames of Ethernet between hosts of the test's own, netecho's with each other and with
an independent client and station. Needs root."""

import struct

import ctp
import pytest
from frames import MAGIC
from hosts import plug, two_hosts
from netecho import SANITIZED, complains, eventually, netecho
from probes import IN_TURN, whole
from schema import check
from stations import (
    has_round_trips_by_kernel_stamps,
    is_told_of_interfaces,
    is_told_the_remedy,
    pair,  # noqa: F401
    probe,
    stopped,
    suffers_an_outage,
)

UNLIMITED = "--udp-max-rate=0"


def target(host, mac):
    return f"packet://{host.wire}/{mac}"


# --- netecho with itself --------------------------------------------------------------------------


def test_every_probe_comes_back(pair):
    here, there = pair
    mac = ctp.mac_of(there)
    count = 200 if SANITIZED else 1000
    with there.serve(f"packet://{there.wire}", "--json", UNLIMITED) as server:
        assert server.endpoint == f"packet://{there.wire}"
        bound = server.listening(server.endpoint)
        s = probe(here, target(here, mac), f"-c{count}", *IN_TURN)
        assert s["received_total"] == s["sent_total"] == count
        counts, drops = stopped(server)
    assert (counts["rx_messages_total"], counts["tx_messages_total"], drops) == (count, count, {})
    assert counts["kernel_drop_buffers_total"] == 0
    assert (bound["interface"], bound["address"]) == (there.wire, mac)
    own = ctp.mac_of(here)
    for end, address in (("target", mac), ("peer", mac), ("local", own)):
        assert s[end] == {
            "uri": target(here, address), "transport": "packet", "socket_type": "datagram",
            "family": "packet", "address": address, "port": None, "path": None,
            "path_base64": None, "abstract": None, "interface": here.wire,
        }
    assert (s["stations"], s["stamped"], s["connect_ns"]) == (None, False, None)


def test_a_schedule_and_many_flows(pair):
    here, there = pair
    with there.serve(f"packet://{there.wire}", UNLIMITED):
        s = probe(here, target(here, ctp.mac_of(there)), "-c20", "-i20ms", "--parallel", "3")
        assert whole(s, 60) and s["duplicate_total"] == s["mismatch_total"] == 0
        s = probe(here, target(here, ctp.mac_of(there)), "-c2000", "--flood", "--window", "40")
        assert s["received_total"] == 2000


@pytest.mark.parametrize("size", [0, 1, 2, 5, 31, 32, 33, 55, 56, 64, 1486])
def test_a_probe_of_any_size_comes_back_whole(pair, size):
    here, there = pair
    with there.serve(f"packet://{there.wire}"):
        s = probe(here, target(here, ctp.mac_of(there)), "-s", size, "-c5", *IN_TURN)
        assert (s["received_total"], s["size_bytes"], s["rx_bytes_total"]) == (5, size, 5 * size)


def test_a_frame_has_no_room_for_more(pair):
    here, _ = pair
    mac = "02:00:00:00:00:01"
    line = complains(here.netecho("probe", target(here, mac), "-s1487"), 2)
    assert "expected up to 1486 bytes" in line
    line = complains(here.netecho("send", target(here, mac), "x" * 1487), 2)
    assert "larger than 1486 bytes" in line and "--lines" in line


@pytest.mark.parametrize("payload", ["", "x", "한글 🙂", "x" * 1486])
def test_send_gets_its_payload_back(pair, payload):
    here, there = pair
    with there.serve(f"packet://{there.wire}"):
        result = here.netecho("send", target(here, ctp.mac_of(there)), payload)
    assert (result.code, result.stdout.decode()) == (0, payload), result


def test_round_trips_by_the_stamps_of_the_kernel(pair):
    here, there = pair
    with there.serve(f"packet://{there.wire}"):
        has_round_trips_by_kernel_stamps(here, target(here, ctp.mac_of(there)))


def test_it_serves_as_another_user_in_the_sandbox(pair):
    here, there = pair
    with there.serve(f"packet://{there.wire}", "--user", "nobody"):
        assert whole(probe(here, target(here, ctp.mac_of(there)), "-c5", *IN_TURN))


def test_spoiled_replies_are_noticed(pair):
    here, there = pair
    spec = "loss=20%,dup=20%,seed=7"
    with there.serve(f"packet://{there.wire}", "--impair", spec, "--json", UNLIMITED) as server:
        s = probe(here, target(here, ctp.mac_of(there)), "-c100", *IN_TURN, "-W500ms")
        counts, drops = stopped(server)
    assert drops == {"impaired": s["lost_total"]} and s["lost_total"] > 0
    assert s["duplicate_total"] <= counts["impaired_total"]["dup"] > 0


# --- with others ----------------------------------------------------------------------------------


def test_its_probes_are_what_the_protocol_says(pair):
    here, there = pair
    with ctp.station(there) as station:
        s = probe(here, target(here, station.mac), "-c5", *IN_TURN)
        small = probe(here, target(here, station.mac), "-c3", "-s4", *IN_TURN)
    assert s["received_total"] == 5 and small["received_total"] == 3
    own = ctp.mac_of(here)
    for number, (source, destination, carried) in enumerate(station.heard[:5]):
        assert (source, destination) == (own, station.mac)
        head = ctp.data(ctp.forward(own), ctp.reply(number))[:14]
        assert (carried[:14], len(carried)) == (head, 14 + 64)
        assert carried[14:18] == MAGIC
        assert struct.unpack_from(">Q", carried, 14 + 24) == (number,)
    for number, (_, _, carried) in enumerate(station.heard[5:]):
        (receipt,) = struct.unpack_from("<H", carried, 12)
        assert (receipt, len(carried)) == (number, ctp.LEAST)
        assert carried[14:18] == struct.pack("<I", number) and not any(carried[18:])


def test_padding_behind_an_answer_is_no_part_of_it(pair):
    here, there = pair
    with ctp.station(there, change=lambda answer: answer + b"\0" * 18) as station:
        for size in (0, 4, 32, 64):
            s = probe(here, target(here, station.mac), "-c3", "-s", size, *IN_TURN)
            assert (s["received_total"], s["mismatch_total"]) == (3, 0)
        result = here.netecho("send", target(here, station.mac), "hi")
        assert (result.code, result.stdout) == (0, b"hi")


def test_a_station_that_changes_what_it_sends_on_is_noticed(pair):
    here, there = pair

    def spoil(answer):
        return answer[:-1] + bytes([answer[-1] ^ 1])

    with ctp.station(there, change=spoil) as station:
        s = probe(here, target(here, station.mac), "-c3", *IN_TURN, code=1)
        assert (s["mismatch_total"], s["received_total"]) == (3, 0)
        result = here.netecho("send", target(here, station.mac), "x" * 40)
        assert result.code == 6


def test_a_second_copy_is_a_duplicate(pair):
    here, there = pair
    with ctp.station(there, copies=2) as station:
        s = probe(here, target(here, station.mac), "-c20", "-i20ms")
    assert whole(s, 20) and 0 < s["duplicate_total"] <= s["received_total"]


def test_a_frame_goes_on_unchanged_but_for_its_skip_count(pair):
    here, there = pair
    with there.serve(f"packet://{there.wire}", "--json") as server, ctp.Wire(here) as wire:
        server_mac = ctp.mac_of(there)
        for tail in (ctp.reply(7, b"payload"), ctp.reply(7, bytes(range(256)) * 5), b"\x05\x00x"):
            for to in (server_mac, ctp.ASSISTANCE, ctp.BROADCAST):
                request = ctp.data(ctp.forward(wire.mac), tail)
                assert wire.ask(to, request) == (server_mac, wire.mac, b"\x08\x00" + request[2:])
        # What is wanted elsewhere goes there.
        request = ctp.data(ctp.forward("02:00:00:00:00:99"), ctp.reply(1))
        wire.send(server_mac, request)
        assert wire.receive() == (server_mac, "02:00:00:00:00:99", b"\x08\x00" + request[2:])
        _, drops = stopped(server)
    assert drops == {}


def hostile(own, server):
    """(why it is dropped, what is sent, where to, how)."""
    good = ctp.forward(own)
    yield "multicast", ctp.data(ctp.forward(ctp.ASSISTANCE), ctp.reply(1)), server, {}
    yield "multicast", ctp.data(ctp.forward(ctp.BROADCAST), ctp.reply(1)), server, {}
    yield "multicast", ctp.data(good, good, ctp.reply(1)), ctp.ASSISTANCE, {}
    yield "multicast", ctp.data(good, good, ctp.reply(1)), ctp.BROADCAST, {}
    yield "multicast", ctp.data(good, ctp.reply(1)), server, {"source": "03:00:00:00:00:01"}
    yield "loop", ctp.data(ctp.forward(server), ctp.reply(1)), server, {}
    yield "loop", ctp.data(good, ctp.reply(1)), server, {"source": server}
    yield "loop", ctp.data(good, ctp.reply(1), skip=8), server, {}
    yield "loop", ctp.data(good, good, ctp.reply(1)), server, {}
    yield "loop", ctp.data(good, good, ctp.reply(1), skip=8), server, {}
    yield "truncated", ctp.data(good, ctp.reply(1), skip=1), server, {}
    yield "truncated", ctp.data(good, ctp.reply(1), skip=44), server, {}
    yield "truncated", ctp.data(good, ctp.reply(1), skip=0xFFFE), server, {}
    yield "truncated", ctp.data(b"\x03\x00", good), server, {}
    yield "truncated", b"", server, {}
    yield "truncated", b"\x00", server, {}
    yield "truncated", b"\x00\x00\x02", server, {}
    yield "truncated", (b"\x00\x00" + good)[:9], server, {}


def test_what_is_not_sent_on_is_counted_with_its_reason(pair):
    here, there = pair
    server_mac = ctp.mac_of(there)
    with there.serve(f"packet://{there.wire}", "--trace", "--json") as server:
        with ctp.Wire(here) as wire:
            expected = []
            for number, (why, carried, to, how) in enumerate(hostile(wire.mac, server_mac)):
                wire.send(to, carried, **how)
                expected.append(why)
                # Had it been sent on, that would come first.
                request = ctp.data(ctp.forward(wire.mac), ctp.reply(number))
                assert wire.ask(server_mac, request)[2] == b"\x08\x00" + request[2:], (why, carried)
        counts, drops = stopped(server)
        reasons = [e["reason"] for e in server.events("datagram") if e["action"] == "dropped"]
        peers = {check(e)["peer"]["uri"] for e in server.events("datagram") if not e["reason"]}
    assert reasons == expected
    assert drops == {why: expected.count(why) for why in expected}
    assert counts["rx_messages_total"] == counts["tx_messages_total"] + len(expected)
    assert peers == {f"packet://{there.wire}/{wire.mac}"}


def test_frames_of_others_are_not_heard(pair):
    here, there = pair
    with there.serve(f"packet://{there.wire}", "--json") as server, ctp.Wire(here) as wire:
        mine = ctp.data(ctp.forward(wire.mac), ctp.reply(1))
        wire.send("02:00:00:00:00:99", mine)
        wire.send(ctp.mac_of(there), mine, vlan=5)
        # A tag that only has a priority belongs to no VLAN.
        assert wire.ask(ctp.mac_of(there), mine, vlan=0)[2] == b"\x08\x00" + mine[2:]
        counts, drops = stopped(server)
    assert (counts["rx_messages_total"], counts["tx_messages_total"], drops) == (1, 1, {})


def test_more_hops_have_to_be_allowed(pair):
    here, there = pair
    with there.serve(f"packet://{there.wire}", "--ctp-hops", "2", "--json") as server:
        with ctp.Wire(here) as wire:
            server_mac, on = ctp.mac_of(there), ctp.forward(wire.mac)
            for messages, skip in (((on, on), 0), ((on, on), 8)):
                request = ctp.data(*messages, ctp.reply(1), skip=skip)
                answer = struct.pack("<H", skip + 8) + request[2:]
                assert wire.ask(server_mac, request)[2] == answer
            wire.send(server_mac, ctp.data(on, on, on, ctp.reply(1)))
            wire.send(server_mac, ctp.data(on, on, on, ctp.reply(1), skip=16))
            request = ctp.data(on, ctp.reply(9))
            assert wire.ask(server_mac, request)[2] == b"\x08\x00" + request[2:]
        _, drops = stopped(server)
    assert drops == {"loop": 2}


def test_each_station_has_a_rate(pair):
    here, there = pair
    with there.serve(f"packet://{there.wire}", "--udp-max-rate=1", "--json") as server:
        with ctp.Wire(here) as wire:
            server_mac = ctp.mac_of(there)
            for number in range(15):  # The last five are not held to what the first one did.
                source = "02:00:00:00:00:aa" if number < 10 else f"02:00:00:00:01:{number}"
                request = ctp.data(ctp.forward(wire.mac), ctp.reply(number))
                wire.send(server_mac, request, source=source)
            answered = []
            while 14 not in answered:
                answered.append(struct.unpack_from("<H", wire.receive()[2], 12)[0])
            eventually(lambda: server.stderr.count("--udp-max-rate"), "the warning")
        counts, drops = stopped(server)
        (warning,) = [line for line in server.stderr.splitlines() if "--udp-max-rate" in line]
    assert "drops what 02:00:00:00:00:aa sends beyond 1 a second" in warning
    assert answered[0] == 0 and answered[-5:] == [10, 11, 12, 13, 14]
    assert counts["rx_messages_total"] == 15
    assert 0 < drops["rate"] == 15 - len(answered)


# --- an interface that goes and comes back --------------------------------------------------------


def test_a_cable_that_is_out_is_an_outage(pair):
    here, there = pair
    with there.serve(f"packet://{there.wire}"):
        suffers_an_outage(here, target(here, ctp.mac_of(there)))


def test_an_interface_that_is_made_anew_is_served_again():
    with two_hosts() as (here, there):
        options = ["--json", "--sandbox", "off"]
        with there.serve(f"packet://{there.wire}", *options) as server:
            for times in (1, 2):
                eventually(lambda: len(server.events("listening")) == times, "it is bound")
                assert whole(probe(here, target(here, ctp.mac_of(there)), "-c5", *IN_TURN))
                there.ip("link", "del", there.wire)
                plug(here, there)
            eventually(lambda: len(server.events("listening")) == 3, "it is bound again")
            assert server.events("error") == []


# --- what cannot be -------------------------------------------------------------------------------


def endpoint_of(command, interface):
    return f"packet://{interface}" + ("" if command == "serve" else "/02:00:00:00:00:01")


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
    (["send", "packet://eth0", "x"], "one station"),
    (["send", "packet://eth0/cf:00:00:00:00:00", "x"], "one station"),
    (["serve", "packet://eth0/02:00:00:00:00:01"], "did you mean packet://eth0?"),
    (["probe", "packet://eth0/020000000001"], "did you mean packet://eth0/02:00:00:00:00:01?"),
    (["probe", "packet://02:00:00:00:00:01"], "did you mean packet://eth0/02:00:00:00:00:01?"),
    (["probe", "packet://eth0:7"], "did you mean packet://eth0?"),
    (["probe", "packet://"], "the interface is missing"),
    (["probe", "packet://a-name-of-16-bytes"], "at most 15 bytes"),
    (["probe", "packet://eth0", "--mode", "connect"], "--mode"),
    (["probe", "packet://eth0", "--df", "do"], "--df"),
    (["probe", "packet://eth0", "--ttl", "3"], "--ttl"),
    (["probe", "packet://eth0", "-B", "127.0.0.1"], "--bind"),
    (["probe", "packet://eth0", "-I", "eth0"], "--interface"),
    (["serve", "packet://eth0", "--allow", "127.0.0.1"], "--allow"),
    (["serve", "packet://eth0", "--udp-allow-any-source"], "--udp-allow-any-source"),
    (["serve", "tcp://127.0.0.1:0", "--ctp-hops", "2"], "--ctp-hops"),
    (["serve", "packet://eth0", "--ctp-hops", "0"], "expected"),
])
def test_what_makes_no_sense_is_told(args, why):
    assert why in complains(netecho(*args), 2)


def test_a_key_is_for_nothing_that_nobody_signs(tmp_path):
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    line = complains(netecho("probe", "packet://eth0", "-s", "80", "--key-file", key), 2)
    assert "--key-file" in line
