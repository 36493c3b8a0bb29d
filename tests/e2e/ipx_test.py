"""ipx://: the echoes of IPX between hosts of the test's own, netecho with itself; with others:
ipx_peers_test.py. Needs root."""

import ipx
import pytest
from hosts import plug, two_hosts
from ipx import FRAMINGS, PING
from netecho import SANITIZED, complains, eventually
from probes import IN_TURN, whole
from sandboxes import IN_FULL, not_instrumented
from stations import (
    SOCKETS,
    has_round_trips_by_kernel_stamps,
    pair,  # noqa: F401
    probe,
    stopped,
    suffers_an_outage,
    uri,
)

UNLIMITED = "--udp-max-rate=0"


# --- netecho with itself --------------------------------------------------------------------------


@pytest.mark.parametrize("framing", FRAMINGS)
def test_every_probe_comes_back_in_each_framing(pair, framing):
    here, there = pair
    mac = ipx.mac_of(there)
    count = 200 if SANITIZED else 1000
    with there.serve(f"ipx://{there.wire}", "--json", UNLIMITED) as server:
        s = probe(here, uri(here, mac), "--framing", framing, f"-c{count}", *IN_TURN)
        assert s["received_total"] == s["sent_total"] == count
        counts, drops = stopped(server)
    assert (counts["rx_messages_total"], counts["tx_messages_total"], drops) == (count, count, {})
    assert (counts["kernel_drop_buffers_total"], counts["frames_stamped_total"]) == (0, count)
    assert (s["stations"], s["stamped"], s["connect_ns"]) == (None, True, None)


def test_both_ends_are_described(pair):
    here, there = pair
    mac, own = ipx.mac_of(there), ipx.mac_of(here)
    with there.serve(f"ipx://{there.wire}/1a2b", "--json") as server:
        assert server.endpoint == f"ipx://{there.wire}/00001a2b"
        bound = server.listening(server.endpoint)
        s = probe(here, f"ipx://{here.wire}/1A2B.{ipx.node_of(mac)}:9086", "-c2", *IN_TURN)
    assert (bound["interface"], bound["port"]) == (there.wire, 2)
    assert bound["address"] == "00001a2b." + ipx.node_of(mac)
    for end, address in (("target", mac), ("peer", mac), ("local", own)):
        said = dict(s[end])
        port = said.pop("port")
        assert port == PING or (end == "local" and 0x5000 <= port < 0x8000)
        assert said == {
            "uri": uri(here, address, 0x1A2B, f"{port:04x}"), "transport": "ipx",
            "socket_type": "datagram", "family": "ipx",
            "address": "00001a2b." + ipx.node_of(address), "path": None, "path_base64": None,
            "abstract": None, "interface": here.wire,
        }


@pytest.mark.parametrize("sock", SOCKETS.values(), ids=SOCKETS)
def test_a_schedule_and_many_flows(pair, sock):
    here, there = pair
    target = uri(here, ipx.mac_of(there), sock=sock)
    with there.serve(f"ipx://{there.wire}", UNLIMITED):
        s = probe(here, target, "-c20", "-i20ms", "--parallel", "3")
        assert whole(s, 60) and s["duplicate_total"] == s["mismatch_total"] == 0
        s = probe(here, target, "-c2000", "--flood", "--window", "40")
        assert s["received_total"] == 2000


def test_no_two_flows_hear_the_answers_to_each_other(pair):
    here, there = pair
    with there.serve(f"ipx://{there.wire}", UNLIMITED):
        s = probe(here, uri(here, ipx.mac_of(there)), "-c2", "-s3", "--parallel", "300")
    assert whole(s, 600) and s["duplicate_total"] == 0
    assert s["rx_bytes_total"] == 3 * s["received_total"]


@pytest.mark.parametrize("size", [0, 1, 2, 5, 31, 32, 33, 55, 56, 64, 1452])
@pytest.mark.parametrize("sock", SOCKETS.values(), ids=SOCKETS)
def test_a_probe_of_any_size_comes_back_whole(pair, sock, size):
    here, there = pair
    target = uri(here, ipx.mac_of(there), sock=sock)
    with there.serve(f"ipx://{there.wire}"):
        for framing in FRAMINGS:
            s = probe(here, target, "--framing", framing, "-s", size, "-c3", *IN_TURN)
            assert (s["received_total"], s["rx_bytes_total"]) == (3, 3 * size), framing


@pytest.mark.parametrize("framing, sock, most", [
    ("ethernet2", "0002", 1468), ("802.3", "0002", 1468), ("802.2", "0002", 1464),
    ("snap", "0002", 1460), ("snap", "9086", 1452),
])
def test_a_packet_has_no_room_for_more(pair, framing, sock, most):
    here, there = pair
    target = [uri(here, ipx.mac_of(there), sock=sock), "--framing", framing]
    line = complains(here.netecho("probe", *target, f"-s{most + 1}"), 2)
    assert f"expected up to {most} bytes" in line
    line = complains(here.netecho("send", *target, "x" * (most + 1)), 2)
    assert f"larger than {most} bytes" in line
    with there.serve(f"ipx://{there.wire}"):
        assert probe(here, *target, f"-s{most}", "-c2", *IN_TURN)["received_total"] == 2


@pytest.mark.parametrize("payload", ["", "x", "한글 🙂", "x" * 1452])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_send_gets_its_payload_back(pair, framing, payload):
    here, there = pair
    with there.serve(f"ipx://{there.wire}"):
        for sock in SOCKETS.values():
            target = uri(here, ipx.mac_of(there), sock=sock)
            result = here.netecho("send", target, "--framing", framing, payload)
            assert (result.code, result.stdout.decode()) == (0, payload), result


def test_round_trips_by_the_stamps_of_the_kernel(pair):
    here, there = pair
    with there.serve(f"ipx://{there.wire}"):
        has_round_trips_by_kernel_stamps(here, uri(here, ipx.mac_of(there)))


@not_instrumented
def test_it_serves_as_another_user_in_the_sandbox(pair):
    here, there = pair
    with there.serve(f"ipx://{there.wire}", "--user", "nobody", *IN_FULL):
        assert whole(probe(here, uri(here, ipx.mac_of(there)), "-c5", *IN_TURN))


def test_a_key_proves_who_answers(pair, tmp_path):
    here, there = pair
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    target = uri(here, ipx.mac_of(there))
    options = ["--key-file", str(key), "--require-key", "--json"]
    with there.serve(f"ipx://{there.wire}", *options) as server:
        assert probe(here, target, "-c5", *IN_TURN, "--key-file", key)["received_total"] == 5
        s = probe(here, target, "-c2", *IN_TURN, "-W200ms", code=1)
        assert s["received_total"] == 0
        assert stopped(server)[1] == {"auth": 2}


def test_spoiled_replies_are_noticed(pair):
    here, there = pair
    spec = "loss=20%,dup=20%,seed=7"
    with there.serve(f"ipx://{there.wire}", "--impair", spec, "--json", UNLIMITED) as server:
        s = probe(here, uri(here, ipx.mac_of(there)), "-c100", *IN_TURN, "-W500ms")
        counts, drops = stopped(server)
    assert drops == {"impaired": s["lost_total"]} and s["lost_total"] > 0
    assert s["duplicate_total"] <= counts["impaired_total"]["dup"] > 0


def test_a_second_server_on_an_interface_is_told_who_serves_it(pair):
    here, there = pair
    with there.serve(f"ipx://{there.wire}/7", f"packet://{there.wire}") as server:
        line = complains(there.netecho("serve", f"ipx://{there.wire}/8"), 4)
        assert f"process {server.pid} serves {there.wire} already" in line
        assert line.endswith("(EADDRINUSE)")
        assert whole(probe(here, uri(here, ipx.mac_of(there)), "-c5", *IN_TURN))


def test_the_nodes_that_the_kernel_knows_are_offered(pair):
    here, _ = pair
    here.ip("neigh", "replace", "10.213.0.9", "lladdr", "02:00:c0:a8:00:01", "dev", here.wire)
    for typed, word in (("ipx://wire0/0200c0a8", "ipx://wire0/0200c0a80001"),
                        ("ipx:wire0/1a2b.0200c0", "ipx:wire0/1a2b.0200c0a80001")):
        assert here.netecho("__complete", "client", typed).text.splitlines() == [word]
        assert here.netecho("__complete", "serve", typed).text == ""
    # The names are those of this network, not of the one that /sys shows.
    assert here.netecho("__complete", "client", "ipx://wire").text.splitlines() == ["ipx://wire0"]
    for no_net in ("0x7", "net1", "123456789", ""):  # What is offered can be used.
        assert here.netecho("__complete", "client", f"ipx://wire0/{no_net}.").text == ""


# --- an interface that goes and comes back --------------------------------------------------------


def test_a_cable_that_is_out_is_an_outage(pair):
    here, there = pair
    with there.serve(f"ipx://{there.wire}"):
        suffers_an_outage(here, uri(here, ipx.mac_of(there)))


def test_an_interface_that_is_made_anew_is_served_again():
    with two_hosts() as (here, there):
        # Another user has no right to open a socket, but to bind the one there is.
        options = ["--json", "--user", "nobody", "--sandbox", "off", UNLIMITED]
        with there.serve(f"ipx://{there.wire}", *options) as server:
            for times in (1, 2):
                eventually(lambda: len(server.events("listening")) == times, "it is bound")
                target = uri(here, ipx.mac_of(there))
                for framing in FRAMINGS:
                    assert whole(probe(here, target, "--framing", framing, "-c5", *IN_TURN))
                there.ip("link", "del", there.wire)
                plug(here, there)
            eventually(lambda: len(server.events("listening")) == 3, "it is bound again")
            assert server.events("error") == []
