"""What probe makes of late, doubled, reordered, changed and missing replies, and of closed ports."""

import json
import signal
import socket

from netecho import finish, netecho, running, serve
from peers import closed_port, datagram_peer, resets, stream_peer
from ports import own_port
from probes import IN_TURN, QUICK, only, probe, whole
from schema import check
from sockets import receive


def test_a_reply_after_the_time_out_is_late_and_still_lost():
    held = []

    def late(peer, data, to):
        held.append(data)
        if len(held) == 4:
            peer.sock.sendto(held[0], to)
        if len(held) > 1:
            peer.sock.sendto(data, to)

    with datagram_peer(late) as peer:
        s = only(probe(peer.uri, *IN_TURN, "-c8", "-W", "1s"))
    assert (s["sent_total"], s["received_total"]) == (8, 7)
    assert (s["lost_total"], s["timeout_total"], s["late_total"]) == (1, 1, 1)
    assert s["loss_ratio"] == 1 / 8
    assert s["loss_runs"]["count"] == s["loss_runs"]["longest"] == 1


def test_a_second_copy_is_a_duplicate():
    def twice(peer, data, to):
        peer.sock.sendto(data, to)
        peer.sock.sendto(data, to)

    with datagram_peer(twice) as peer:
        # The last copy may come after the end: the one before it can not.
        s = only(probe(peer.uri, *IN_TURN, "-c5"))
    assert whole(s)
    assert s["received_total"] - s["duplicate_total"] in (0, 1)
    assert s["reordered_total"] == s["lost_total"] == 0


def test_replies_in_another_order_are_counted():
    held = []

    def swaps(peer, data, to):
        held.append(data)
        if len(held) % 2 == 0:
            peer.sock.sendto(held[-1], to)
            peer.sock.sendto(held[-2], to)

    with datagram_peer(swaps) as peer:
        s = only(probe(peer.uri, "--flood", "--window", "2", "-c6"))
    assert (s["received_total"], s["reordered_total"], s["duplicate_total"]) == (6, 3, 0)


def test_a_changed_reply_is_a_mismatch():
    def corrupts(peer, data, to):
        changed = bytearray(data)
        changed[-1] ^= 4
        peer.sock.sendto(changed, to)

    with datagram_peer(corrupts) as peer:
        s = only(probe(peer.uri, "-c3", "-i50ms", "-W", "100ms", code=1))
    assert (s["received_total"], s["lost_total"], s["mismatch_total"]) == (0, *[s["sent_total"]] * 2)


def test_garbage_after_a_reply_costs_nothing():
    def junk(peer, data, to):
        for reply in (data, b"junk" * 20, b"", data[:20]):
            peer.sock.sendto(reply, to)

    with datagram_peer(junk) as peer:
        # None is outstanding when the garbage comes.
        s = only(probe(peer.uri, "-c4", "-i300ms", "-W", "250ms"))
    assert (s["received_total"], s["duplicate_total"]) == (s["sent_total"], 0)


def test_garbage_instead_of_a_reply_is_a_mismatch():
    with datagram_peer(lambda peer, _, to: peer.sock.sendto(b"junk" * 16, to)) as peer:
        s = only(probe(peer.uri, "-c3", "-i50ms", "-W", "100ms", code=1))
    assert (s["received_total"], s["mismatch_total"]) == (0, s["sent_total"])


def test_a_dropped_connection_ends_its_flow_and_is_told():
    def drops(peer, connection):
        for _ in range(3):
            connection.sendall(receive(connection, 64))
        resets(connection)

    with stream_peer(drops) as peer:
        result = netecho("probe", peer.uri, *IN_TURN, "-c10", "-W", "200ms", "--json")
    document = check(result.json)
    s = only(document["targets"])
    assert s["received_total"] == 3
    assert s["sent_total"] < 10 or s["lost_total"] == s["sent_total"] - 3
    assert s["error"] is not None or s["lost_total"] > 0


def test_a_refused_datagram_target_is_a_negative_result():
    with closed_port(socket.SOCK_DGRAM) as port:
        s = only(probe(f"udp://127.0.0.1:{port}", *QUICK, code=1))
    assert s["sent_total"] + s["send_error_total"] + s["skipped_total"] == 5
    assert (s["received_total"], s["refused_total"]) == (0, s["sent_total"])
    assert s["refused_total"] > 0


def test_a_refused_connection_is_a_connect_error():
    with closed_port() as port:
        s = only(probe(f"127.0.0.1:{port}", *QUICK, code=4))
    assert s["error"]["category"] == "connect"
    assert s["error"]["errno_name"] == "ECONNREFUSED"
    assert s["error"]["exit_code"] == s["exit_code"] == 4
    assert s["sent_total"] == s["received_total"] == 0


def test_no_reply_is_a_negative_result():
    with datagram_peer(lambda *_: None) as peer:
        s = only(probe(peer.uri, "-c3", "-i50ms", "-W", "50ms", code=1))
    assert s["lost_total"] == s["timeout_total"] == s["sent_total"] > 0
    assert s["loss_ratio"] == 1
    assert s["rtt_ns"] is None or s["rtt_ns"]["min"] is None


def test_a_port_that_appears_while_probing_is_found(folder):
    """An ICMP error is one probe's fate, not the run's."""
    uri = f"udp://127.0.0.1:{own_port()}"
    with running("probe", uri, "-c0", "-i10ms", "--format", "jsonl", "-w", "15s") as process:
        assert json.loads(process.stdout.readline())["status"] == "refused"
        with serve(uri):
            while json.loads(process.stdout.readline())["status"] != "ok":
                pass
        process.send_signal(signal.SIGINT)
        result = finish(process)
    assert result.code == 0, result
    summary = result.events[-1]
    assert summary["received_total"] >= 1 and summary["refused_total"] >= 1
