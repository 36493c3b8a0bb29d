"""probe: figures, sizes, several targets, losses of every kind, exit codes."""

import json
import os
import signal
import socket
import subprocess
import time

import pytest
from netecho import NETECHO, environment, finish, netecho, running, serve
from peers import closed_port, datagram_peer, resets, stream_peer
from schema import check
from sockets import receive

# Far enough apart for a busy machine: a probe later than its interval is skipped.
QUICK = ["-c5", "-i20ms"]


@pytest.fixture(scope="module")
def server():
    name = f"netecho-probe-{os.getpid()}"
    with serve(
        "tcp://127.0.0.1:0",
        "udp://127.0.0.1:0",
        "udp://[::1]:0",
        f"unix:@{name}",
        f"unixgram:@{name}g",
        f"unixpacket:@{name}p",
    ) as running_server:
        yield running_server


EVERY = range(6)


def probe(*args, code=0, **popen):
    """The summaries of a probe that is to end with this code; each is checked."""
    result = netecho("probe", *args, "--json", **popen)
    assert result.code == code, result
    document = check(result.json)
    assert document["exit_code"] == code
    assert document["replies"] is None
    return document["targets"]


def only(targets):
    (target,) = targets
    return target


def whole(summary, count=5):
    """Nothing lost. A slot that a busy machine missed is skipped and counted, which is no loss."""
    assert summary["scheduled_total"] == count
    assert summary["received_total"] == summary["sent_total"] > 0
    assert summary["sent_total"] + summary["skipped_total"] == count
    return True


# --- what it measures -----------------------------------------------------------------------------


@pytest.mark.parametrize("which", EVERY)
def test_every_transport_is_measured(server, which):
    uri = server.endpoints[which]
    s = only(probe(uri, "-c5", "-i50ms"))
    assert s["target"]["uri"] == uri or s["peer"]["uri"] == uri
    assert whole(s)
    assert s["lost_total"] == s["duplicate_total"] == s["reordered_total"] == 0
    assert s["loss_ratio"] == 0
    assert s["tx_bytes_total"] == s["rx_bytes_total"] == s["sent_total"] * 64
    assert (s["size_bytes"], s["stamped"], s["mode"]) == (64, True, "echo")
    rtt = s["rtt_ns"]
    # A busy machine skips slots: percentiles that need more samples are null.
    known = [rtt[key] for key in ("min", "p50", "p75", "max") if rtt[key] is not None]
    assert 0 < known[0] and known == sorted(known) and known[-1] < 10**10
    assert rtt["min"] <= rtt["mean"] <= rtt["max"]
    assert rtt["stddev"] >= 0
    assert rtt["p99"] is None, "needs 100 samples"
    residence = s["server_residence_ns"]
    assert 0 <= residence["min"] <= residence["max"] < rtt["max"]
    assert s["lost_forward_total"] == s["lost_reverse_total"] == 0
    assert s["rtt_variation_ns"] is not None
    assert s["rtt_kernel_ns"] is None
    assert s["interrupted"] is False


def test_percentiles_appear_with_enough_samples(server):
    s = only(probe(server.endpoint, "-c100", "-i300us"))
    figures = [s["rtt_ns"][k] for k in ("min", "p50", "p90", "p95", "p99", "max")]
    if s["received_total"] == 100:  # Fewer on a machine that is too busy.
        assert figures == sorted(figures)
    assert s["rtt_ns"]["p999"] is None


def test_the_schedule_has_its_length(server):
    started = time.monotonic()
    s = only(probe(server.endpoint, "-c6", "-i50ms"))
    assert 0.25 <= time.monotonic() - started < 1.5
    assert s["duration_ns"] >= 250_000_000


def test_warm_up_is_in_no_figure(server):
    assert only(probe(server.endpoint, *QUICK, "--warmup", "20"))["scheduled_total"] == 5


def test_the_deadline_ends_the_run(server):
    started = time.monotonic()
    s = only(probe(server.endpoint, "-c0", "-i10ms", "-w", "200ms"))
    assert 0.15 < time.monotonic() - started < 2
    assert 10 <= s["received_total"] <= 21


# --- sizes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", EVERY)
@pytest.mark.parametrize("size", [1, 8, 31, 32, 55, 56, 72, 1472, 65507])
def test_every_size_comes_back_and_is_stamped_from_56_bytes_on(server, which, size):
    s = only(probe(server.endpoints[which], *QUICK, "-s", size))
    assert whole(s)
    assert s["size_bytes"] == size
    assert s["rx_bytes_total"] == s["tx_bytes_total"] == s["sent_total"] * size
    if size >= 56:
        assert s["stamped"] is True
        assert s["server_residence_ns"]["min"] is not None
    else:
        assert not s["stamped"]
        assert s["server_residence_ns"] is None
        assert s["lost_forward_total"] is None


@pytest.mark.parametrize("which", [1, 2, 4, 5])
def test_probes_can_be_empty(server, which):
    s = only(probe(server.endpoints[which], *QUICK, "-s", "0"))
    assert whole(s)
    assert s["rx_bytes_total"] == 0


@pytest.mark.parametrize("which", [0, 3])
@pytest.mark.parametrize("size", ["65536", "65537", "100000", "1MiB"])
def test_probes_of_a_stream_may_be_larger_than_a_frame(server, which, size):
    s = only(probe(server.endpoints[which], "-c3", "-i20ms", "-s", size))
    assert s["received_total"] == s["sent_total"] >= 1  # A busy machine skips slots.
    if size == "65536":
        assert s["stamped"] is True


# --- other servers --------------------------------------------------------------------------------


def test_a_plain_server_is_measured_without_stamps(folder):
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unixpacket:{folder}/p",
               "--plain") as plain:
        for s in probe(*plain.endpoints, *QUICK):
            assert whole(s)
            assert s["stamped"] is False
            assert s["lost_forward_total"] is None


def test_a_reply_after_the_time_out_is_late_and_still_lost():
    held = []

    def late(peer, data, to):
        held.append(data)
        if len(held) == 4:
            peer.sock.sendto(held[0], to)
        if len(held) > 1:
            peer.sock.sendto(data, to)

    with datagram_peer(late) as peer:
        s = only(probe(peer.uri, "-c8", "-i60ms", "-W", "40ms"))
    sent = s["sent_total"]
    assert s["received_total"] == sent - 1
    assert (s["lost_total"], s["timeout_total"], s["late_total"]) == (1, 1, 1)
    assert s["loss_ratio"] == pytest.approx(1 / sent)
    assert s["loss_runs"]["count"] == s["loss_runs"]["longest"] == 1


def test_a_second_copy_is_a_duplicate():
    def twice(peer, data, to):
        peer.sock.sendto(data, to)
        peer.sock.sendto(data, to)

    with datagram_peer(twice) as peer:
        # The last copy may come after the end: the one before it can not.
        s = only(probe(peer.uri, "-c5", "-i20ms"))
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
        s = only(probe(peer.uri, "-c6", "-i20ms"))
    assert (s["received_total"], s["reordered_total"], s["duplicate_total"]) == (6, 3, 0)


def test_a_changed_reply_is_a_mismatch():
    def corrupts(peer, data, to):
        changed = bytearray(data)
        changed[-1] ^= 4
        peer.sock.sendto(changed, to)

    with datagram_peer(corrupts) as peer:
        s = only(probe(peer.uri, "-c3", "-i20ms", "-W", "100ms", code=1))
    assert (s["received_total"], s["lost_total"], s["mismatch_total"]) == (0, *[s["sent_total"]] * 2)


def test_garbage_after_a_reply_costs_nothing():
    def junk(peer, data, to):
        for reply in (data, b"junk" * 20, b"", data[:20]):
            peer.sock.sendto(reply, to)

    with datagram_peer(junk) as peer:
        s = only(probe(peer.uri, "-c4", "-i40ms", "-W", "30ms"))
    assert (s["received_total"], s["duplicate_total"]) == (s["sent_total"], 0)


def test_garbage_instead_of_a_reply_is_a_mismatch():
    with datagram_peer(lambda peer, _, to: peer.sock.sendto(b"junk" * 16, to)) as peer:
        s = only(probe(peer.uri, "-c3", "-i10ms", "-W", "100ms", code=1))
    assert (s["received_total"], s["mismatch_total"]) == (0, s["sent_total"])


def test_a_dropped_connection_ends_its_flow_and_is_told():
    def drops(peer, connection):
        for _ in range(3):
            connection.sendall(receive(connection, 64))
        resets(connection)

    with stream_peer(drops) as peer:
        result = netecho("probe", peer.uri, "-c10", "-i10ms", "-W", "200ms", "--json")
    document = check(result.json)
    s = only(document["targets"])
    assert s["received_total"] == 3
    assert s["sent_total"] < 10 or s["lost_total"] == s["sent_total"] - 3
    assert s["error"] is not None or s["lost_total"] > 0


# --- exit codes -----------------------------------------------------------------------------------


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
        s = only(probe(peer.uri, "-c3", "-i5ms", "-W", "50ms", code=1))
    assert s["lost_total"] == s["timeout_total"] == s["sent_total"] > 0
    assert s["loss_ratio"] == 1
    assert s["rtt_ns"] is None or s["rtt_ns"]["min"] is None


def test_failing_targets_share_their_code_or_it_is_1(server):
    with closed_port() as tcp, closed_port(socket.SOCK_DGRAM) as udp:
        good, refused = server.endpoint, f"127.0.0.1:{tcp}"
        assert [t["exit_code"] for t in probe(good, refused, *QUICK, code=4)] == [0, 4]
        probe(refused, f"[::1]:{tcp}", *QUICK, code=4)
        codes = [t["exit_code"] for t in probe(refused, f"udp://127.0.0.1:{udp}", *QUICK, code=1)]
        assert codes == [4, 1]


def test_a_port_that_appears_while_probing_is_found(folder):
    """An ICMP error is one probe's fate, not the run's."""
    with serve("udp://127.0.0.1:0") as first:
        uri = first.endpoint
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


# --- mode connect ---------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [0, 3, 5])
def test_connect_time_alone_can_be_measured(server, which):
    s = only(probe(server.endpoints[which], *QUICK, "--mode", "connect"))
    assert whole(s)
    assert (s["mode"], s["tx_bytes_total"]) == ("connect", 0)
    assert 0 < s["connect_time_ns"]["min"] <= s["connect_time_ns"]["max"]
    assert s["rtt_ns"] is None or s["rtt_ns"]["min"] is None


def test_connect_mode_works_with_any_service():
    with stream_peer(lambda *_: None) as peer:
        assert whole(only(probe(peer.uri, *QUICK, "--mode", "connect")))


def test_connect_mode_without_a_success_is_a_negative_result():
    with closed_port() as port:
        s = only(probe(f"127.0.0.1:{port}", *QUICK, "--mode", "connect", code=1))
    assert s["received_total"] == 0
    assert s["refused_total"] == s["sent_total"] > 0


def test_datagrams_have_no_connect_time(server):
    assert netecho("probe", server.endpoints[1], "--mode", "connect").code == 2


# --- several targets ------------------------------------------------------------------------------


def test_several_targets_run_side_by_side_and_end_in_one_table(server):
    started = time.monotonic()
    targets = probe(*server.endpoints, "-c5", "-i100ms")
    assert time.monotonic() - started < 1.5, "one schedule, not one after the other"
    assert all(whole(t) for t in targets)
    result = netecho("probe", *server.endpoints, *QUICK)
    assert (result.code, result.errors) == (0, [])
    last = result.text.rstrip("\n").splitlines()[-7:]
    for uri in server.endpoints:
        assert sum(uri in line for line in last) == 1, result


def test_the_floor_of_a_transport_is_measured_once_a_run(server):
    targets = probe(*[server.endpoints[1]] * 8, "-c20", "-i10ms")
    floors = {t["instrument"]["floor_ns"] for t in targets}
    assert len(floors - {None}) <= 1, "null where a busy machine's median is above any floor"


def test_no_floor_is_measured_after_the_deadline(server):
    for target in probe(*server.endpoints[:2], "-c0", "-i1ms", "-w150ms"):
        assert target["received_total"] > 0
        assert target["instrument"]["floor_ns"] is None


def test_one_dead_target_does_not_disturb_the_others(server):
    with datagram_peer(lambda *_: None) as silent, closed_port() as port:
        targets = probe(
            server.endpoint, silent.uri, f"127.0.0.1:{port}", server.endpoints[1],
            "-c5", "-i10ms", "-W", "100ms", code=1,
        )
    assert whole(targets[0]) and whole(targets[3])
    assert [t["received_total"] for t in targets[1:3]] == [0, 0]
    assert [t["exit_code"] for t in targets] == [0, 1, 4, 0]


def test_self_measures_every_transport_of_this_machine():
    result = netecho("probe", "--self")
    assert (result.code, result.errors) == (0, []), result
    for words in ("tcp4", "tcp6", "udp4", "udp6", "unix", "unixgram", "unixpacket"):
        assert words in result.text, result
    targets = probe("--self")
    kinds = {(t["target"]["transport"], t["target"]["socket_type"]) for t in targets}
    assert kinds == {
        ("tcp", "stream"),
        ("udp", "datagram"),
        ("unix", "stream"),
        ("unix", "datagram"),
        ("unix", "seqpacket"),
    }
    for target in targets:
        assert target["received_total"] == target["sent_total"] > 0
        assert target["rtt_ns"]["min"] > 0
    assert {t["target"]["family"] for t in targets} == {"ipv4", "ipv6", "unix"}


def test_self_takes_the_count_and_size_of_the_user():
    for target in probe("--self", "-c7", "-i1ms", "-s100"):
        assert (target["scheduled_total"], target["size_bytes"]) == (7, 100)


def test_self_measures_each_size_on_every_transport_that_carries_it():
    targets = probe("--self", "-c3", "-i10ms", "--sweep", "64,70k")
    assert len(targets) == 14
    for target in targets:
        too_large = target["target"]["transport"] == "udp" and target["size_bytes"] == 70 * 1024
        if not too_large:
            assert target["error"] is None and target["received_total"] > 0
            continue
        assert (target["scheduled_total"], target["exit_code"]) == (0, 0)
        assert "71680 bytes are above what it takes, 65507" in target["error"]["message"]
    result = netecho("probe", "--self", "-c3", "-i10ms", "--sweep", "64,70k")
    assert (result.code, result.errors) == (0, [])
    assert result.text.count("above what it takes") == 2
    assert netecho("probe", "--self", "--sweep", "64,0", "-c2", "-i10ms").code == 0


# --- output ---------------------------------------------------------------------------------------


def test_the_text_says_what_the_json_says(server):
    result = netecho("probe", server.endpoint, *QUICK)
    assert (result.code, result.errors) == (0, [])
    assert server.endpoint in result.text
    for words in (" sent", " received", "0% lost", "min/mean/max", "p50", "p90", "p99", "stddev"):
        assert words in result.text, result


def test_jsonl_has_a_reply_a_probe_and_one_summary_a_target(server):
    result = netecho("probe", *server.endpoints[:2], *QUICK, "--format", "jsonl")
    assert (result.code, result.errors) == (0, [])
    events = [check(e) for e in result.events]
    replies = [e for e in events if e["type"] == "reply" and e["status"] != "skipped"]
    for uri in server.endpoints[:2]:
        mine = [r for r in replies if r["target"]["uri"] in (uri, uri.replace("4:", ":"))]
        sequences = [r["sequence"] for r in mine]
        assert sequences == sorted(set(sequences)) and set(sequences) <= set(range(5))
        assert all(r["status"] == "ok" and r["size_bytes"] == 64 for r in mine)
        assert all(0 < r["rtt_ns"] <= r["response_ns"] for r in mine)
        assert all(r["payload"] is None for r in mine)
    assert [e["type"] for e in events[-3:]] == ["reply", "summary", "summary"]
    assert sum(s["sent_total"] for s in events[-2:]) == len(replies)


def test_every_sequence_has_one_final_status():
    def half(peer, data, to):
        half.count += 1
        if half.count % 2:
            peer.sock.sendto(data, to)

    half.count = 0
    with datagram_peer(half) as peer:
        result = netecho("probe", peer.uri, "-c8", "-i10ms", "-W", "60ms", "--format", "jsonl")
    assert result.code == 0, result
    statuses = {}
    for event in result.events[:-1]:
        if event["status"] != "skipped":
            assert event["sequence"] not in statuses
            statuses[event["sequence"]] = event["status"]
    sent = [status for _, status in sorted(statuses.items())]
    assert sent == ["ok", "timeout"] * (len(sent) // 2) + ["ok"] * (len(sent) % 2)


def test_ctrl_c_prints_the_summary(server):
    with running("probe", server.endpoint, "-c0", "-i5ms", "--format", "jsonl") as process:
        assert json.loads(process.stdout.readline())["type"] == "reply"
        process.send_signal(signal.SIGINT)
        result = finish(process)
    assert (result.code, result.stderr) == (0, b""), result
    summary = check(result.events[-1])
    assert (summary["type"], summary["interrupted"]) == ("summary", True)
    assert summary["received_total"] >= 1


def test_ctrl_c_without_a_reply_is_a_negative_result():
    with datagram_peer(lambda *_: None) as peer:
        with running("probe", peer.uri, "-c0", "-i5ms", "-W", "60s", "--json") as process:
            assert peer.arrived.wait(10)
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert result.code == 1, result
    summary = check(result.json)["targets"][0]
    assert summary["outstanding_total"] == summary["sent_total"] > 0
    assert summary["lost_total"] == 0
    assert summary["interrupted"] is True


@pytest.mark.parametrize("options", [["--format", "jsonl"], ["-v"]])
def test_head_ends_it_quietly_with_the_results_code(server, options):
    done = subprocess.run(
        ["bash", "-c", '"$0" probe "$@" | head -1; echo "${PIPESTATUS[0]}"',
         NETECHO, server.endpoint, "-c0", "-i5ms", *options],
        capture_output=True, env=environment(), timeout=20, check=True,
    )
    assert done.stdout.splitlines()[-1] == b"0"
    assert done.stderr == b""
