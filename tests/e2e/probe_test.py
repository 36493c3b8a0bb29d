"""probe: figures, sizes, connection attempts, what it prints and how it ends."""

import json
import os
import signal
import subprocess
import time

import pytest
from netecho import NETECHO, environment, finish, netecho, running, serve
from peers import closed_port, datagram_peer, stream_peer
from probes import QUICK, only, probe, whole
from schema import check


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
    assert 0.25 <= time.monotonic() - started < 20
    assert s["duration_ns"] >= 250_000_000


def test_warm_up_is_in_no_figure(server):
    assert only(probe(server.endpoint, *QUICK, "--warmup", "20"))["scheduled_total"] == 5


def test_the_deadline_ends_the_run(server):
    started = time.monotonic()
    s = only(probe(server.endpoint, "-c0", "-i10ms", "-w", "200ms"))
    assert 0.15 < time.monotonic() - started < 20
    assert 1 <= s["received_total"] <= 21


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
    s = only(probe(server.endpoints[which], "-c3", "-i50ms", "-s", size))
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
        result = netecho("probe", peer.uri, "--flood", "--window", "8", "-c8", "-W", "1s",
                         "--format", "jsonl")
    assert result.code == 0, result
    statuses = [(event["sequence"], event["status"]) for event in result.events[:-1]]
    assert sorted(statuses) == list(enumerate(["ok", "timeout"] * 4))


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
