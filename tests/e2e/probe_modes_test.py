"""probe as an instrument: schedules, floods, flows, sizes, kernel stamps, the distribution."""

import os

import pytest
from netecho import netecho, serve
from probes import only, probe, usage_error
from schema import check

TRANSPORTS = ["tcp", "udp", "unix", "unixgram", "unixpacket"]


@pytest.fixture(scope="module")
def server():
    name = f"netecho-modes-{os.getpid()}"
    with serve(
        "tcp://127.0.0.1:0",
        "udp://127.0.0.1:0",
        *(f"{scheme}:@{name}{scheme}" for scheme in TRANSPORTS[2:]),
    ) as one:
        yield dict(zip(TRANSPORTS, one.endpoints))


# --- schedules ------------------------------------------------------------------------------------


def test_a_rate_and_a_duration_make_a_number_of_slots(server):
    s = only(probe(server["udp"], "--rate", "1k", "--duration", "500ms"))
    assert (s["scheduled_total"], s["schedule"]) == (500, "periodic")
    assert s["received_total"] == s["sent_total"] > 0
    assert s["achieved_per_second"] == pytest.approx(s["sent_total"] * 2)


def test_random_gaps_have_the_rate_as_their_mean(server):
    s = only(probe(server["udp"], "--rate", "1k", "--duration", "500ms", "--schedule", "poisson"))
    assert s["schedule"] == "poisson"
    # Six standard deviations of a Poisson count of 500.
    assert 500 - 6 * 22.4 < s["scheduled_total"] < 500 + 6 * 22.4
    assert s["received_total"] == s["sent_total"] > 0


def test_a_count_ends_a_duration_early_and_the_other_way_round(server):
    for count, slots in ((20, 20), (1000, 100)):
        s = only(probe(server["udp"], "--rate", "1k", "--duration", "100ms", "-c", count))
        assert s["scheduled_total"] == slots


SUMMED = [
    "received_total", "lost_total", "skipped_total", "send_error_total", "timeout_total",
    "mismatch_total", "refused_total", "unreachable_total", "late_total", "duplicate_total",
    "reordered_total", "tx_bytes_total", "rx_bytes_total",
]


def check_parts(parts, whole, names):
    for name in names:
        assert sum(p[name] for p in parts) == whole[name], name


def greatest(summaries):
    """The longest round trip; a part without replies has none."""
    return max(s["rtt_ns"]["max"] for s in summaries if s["received_total"] > 0)


@pytest.mark.parametrize("flows", [1, 3])
def test_the_intervals_add_up_to_the_summary(server, flows):
    result = netecho(
        "probe", server["udp"], "--rate", "500", "--duration", "500ms", "--report-interval",
        "100ms", "--parallel", flows, "--format", "jsonl",
    )
    assert (result.code, result.errors) == (0, []), result
    events = [check(e) for e in result.events]
    intervals = [e for e in events if e["type"] == "interval"]
    summary = events[-1]
    assert len(intervals) >= 4 and summary["type"] == "summary"
    assert all(e["flow"] is None for e in intervals) or flows == 1
    check_parts(intervals, summary, SUMMED)
    # What was outstanding at the end of one interval is in the next one, too.
    carried = sum(e["outstanding_total"] for e in intervals[:-1])
    for name in ("sent_total", "scheduled_total"):
        assert sum(e[name] for e in intervals) - carried == summary[name]
    assert greatest(intervals) == greatest([summary])


# --- floods ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_flood_sends_all_it_was_asked_for(server, transport):
    s = only(probe(server[transport], "--flood", "--window", "16", "-c", "20000"))
    assert s["schedule"] == "flood"
    assert s["sent_total"] == s["scheduled_total"] == 20_000
    assert (s["lost_total"], s["received_total"]) == (0, 20_000)
    assert s["tx_bytes_total"] == s["rx_bytes_total"] == 20_000 * 64
    # There is no intended time that these could be measured from.
    assert set(s["response_ns"].values()) == {None}
    assert set(s["instrument"]["send_lateness_ns"].values()) == {None}
    assert s["rtt_ns"]["p9999"] is not None
    assert s["reordered_total"] == s["duplicate_total"] == 0


def test_a_flood_ends_with_its_duration(server):
    s = only(probe(server["tcp"], "--flood", "--window", "4", "--duration", "100ms"))
    assert s["received_total"] == s["sent_total"] > 0
    assert 100_000_000 <= s["duration_ns"] < 5_000_000_000


def test_a_window_larger_than_the_socket_takes_is_still_accounted_for(server):
    for transport in TRANSPORTS:
        s = only(probe(server[transport], "--flood", "--window", "4096", "-c", "8192"))
        assert s["scheduled_total"] == 8192, transport
        assert s["send_error_total"] == s["skipped_total"] == 0, transport
        if transport == "udp":  # The server's receive queue may overflow.
            assert s["lost_forward_total"] + s["lost_reverse_total"] <= s["lost_total"]
        else:
            assert s["received_total"] == 8192, transport


# --- flows and sizes ------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_flows_have_a_summary_each_and_one_together(server, transport):
    result = netecho(
        "probe", server[transport], "-c20", "-i5ms", "--parallel", "3", "--format", "jsonl"
    )
    assert (result.code, result.errors) == (0, []), result
    events = [check(e) for e in result.events]
    *flows, whole = events[-4:]
    assert [e["type"] for e in events[-4:]] == ["summary"] * 4
    assert [f["flow"] for f in flows] == [0, 1, 2]
    assert whole["flow"] is None
    check_parts(flows, whole, [*SUMMED, "sent_total", "scheduled_total", "outstanding_total"])
    assert (whole["scheduled_total"], whole["lost_total"]) == (60, 0)
    assert greatest(flows) == greatest([whole])
    replies = [e for e in events if e["type"] == "reply" and e["status"] == "ok"]
    for flow in flows:
        mine = {e["sequence"] for e in replies if e["flow"] == flow["flow"]}
        assert len(mine) == flow["received_total"]


def test_flows_are_connections_of_their_own():
    with serve("tcp://127.0.0.1:0", "--json", "--trace") as own:
        s = only(probe(own.endpoint, "-c3", "-i50ms", "--parallel", "5"))
        own.stop()
        assert len(own.events("open")) == 5 and s["scheduled_total"] == 15
        assert len({e["peer"]["port"] for e in own.events("open")}) == 5


def test_a_sweep_has_a_run_a_size_and_one_table(server):
    sizes = [64, 1024, 65536]
    args = [server["tcp"], "--sweep", "64,1k,64k", "-c3", "-i50ms"]
    targets = probe(*args)
    assert [t["size_bytes"] for t in targets] == sizes
    for t in targets:
        assert t["scheduled_total"] == 3
        assert t["rx_bytes_total"] == t["received_total"] * t["size_bytes"] > 0
    result = netecho("probe", *args)
    assert (result.code, result.errors) == (0, []), result
    head, *rows = result.text.rstrip("\n").splitlines()[-4:]
    assert head.startswith("target") and "p50" in head
    for row, size in zip(rows, ("64 B", "1.00 KiB", "64.0 KiB")):
        assert row.startswith(f"{server['tcp']}, {size}"), row


def test_a_size_that_a_target_cannot_carry_is_told_before_anything_is_sent(server):
    line = usage_error(server["tcp"], server["udp"], "--sweep", "64,70k")
    assert "--sweep" in line and "65507" in line and server["udp"] in line
    line = usage_error(server["tcp"], server["udp"], "--size", "70k")
    assert "--size" in line and "65507" in line


@pytest.mark.parametrize("option", [["--size=100"], ["--sweep=64,128"], ["--retry"],
                                    ["--clocks-synchronized"]])
def test_what_a_connection_attempt_has_nothing_of_is_not_silently_ignored(server, option):
    line = usage_error(server["tcp"], "--mode", "connect", *option)
    assert option[0].partition("=")[0] in line and "--mode connect" in line


def test_several_targets_in_a_sweep_are_all_in_the_table(server):
    targets = probe(server["tcp"], server["udp"], "--sweep", "64,128", "-c2", "-i50ms")
    assert [(t["target"]["transport"], t["size_bytes"]) for t in targets] == [
        ("tcp", 64), ("udp", 64), ("tcp", 128), ("udp", 128),
    ]


@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_probes_that_are_larger_than_a_frame_are_stamped(server, transport):
    s = only(probe(server[transport], "-s", "200k", "-c4", "-i20ms", "-W5s"))
    assert (s["size_bytes"], s["stamped"]) == (200 * 1024, True)
    assert s["server_residence_ns"]["min"] >= 0
    assert s["lost_forward_total"] == s["lost_reverse_total"] == s["lost_total"] == 0


# --- what the kernel knows ------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_kernels_round_trip_is_shorter(server, transport):
    s = only(probe(server[transport], "-c20", "-i5ms", "--timestamps", "kernel"))
    assert s["timestamp_source"] == "kernel"
    assert s["instrument"]["discarded_total"] == 0
    kernel, user = s["rtt_kernel_ns"], s["rtt_ns"]
    assert s["received_total"] == s["sent_total"] > 0
    for key in ("min", "p50", "max", "mean"):
        assert 0 < kernel[key] < user[key], key


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_very_first_probe_has_kernel_stamps(server, transport):
    """The kernel begins to stamp arrivals a moment after it was asked to."""
    for _ in range(10):
        s = only(probe(server[transport], "-c1", "--timestamps", "kernel"))
        assert 0 < s["rtt_kernel_ns"]["max"] < s["rtt_ns"]["max"]


def test_kernel_stamps_are_refused_where_there_are_none(server):
    for transport in TRANSPORTS[2:]:
        line = usage_error(server[transport], "--timestamps", "kernel")
        assert "--timestamps" in line and server[transport] in line
    assert "--flood" in usage_error(server["udp"], "--timestamps", "kernel", "--flood")
    assert "connect" in usage_error(server["tcp"], "--timestamps=kernel", "--mode=connect")


def test_one_way_delays_need_clocks_that_agree(server):
    for transport in TRANSPORTS:
        assert only(probe(server[transport], "-c3", "-i50ms"))["one_way_ns"] is None
        s = only(probe(server[transport], "-c5", "-i50ms", "--clocks-synchronized"))
        one_way = s["one_way_ns"]
        assert 0 <= one_way["forward"]["min"] <= s["rtt_ns"]["max"]
        assert 0 <= one_way["reverse"]["min"] <= s["rtt_ns"]["max"]


def test_the_path_is_told_where_there_is_one(server):
    for transport in TRANSPORTS:
        s = only(probe(server[transport], "-c3", "-i50ms"))
        if transport == "tcp":
            info = s["tcp_info"]
            assert info["rtt_ns"] > 0 and info["mss_bytes"] > 500 and info["cwnd"] > 0
        else:
            assert s["tcp_info"] is None
        assert s["mptcp"] is None
        assert s["path_mtu_bytes"] == (65535 if transport in ("tcp", "udp") else None)


# --- the distribution -----------------------------------------------------------------------------


def test_the_histogram_has_every_reply_in_it(server):
    result = netecho("probe", server["udp"], "-c50", "-i1ms", "--histogram")
    assert (result.code, result.errors) == (0, []), result
    lines = result.text.splitlines()
    head = next(i for i, line in enumerate(lines) if line.split() == ["from", "samples"])
    counts = [int(line.split()[2]) for line in lines[head + 1 :] if "%" in line]
    received = int(lines[1].split(" sent, ")[1].split()[0])
    assert sum(counts) == received > 0


def test_warm_ups_sizes_and_flows_are_sessions_of_their_own(server):
    """Else the server's count of one would show as losses of another."""
    targets = probe(server["udp"], "--sweep", "64,64,64", "-c5", "-i50ms", "--warmup", "3",
                    "--parallel", "4")
    for t in targets:
        assert t["lost_forward_total"] == t["lost_reverse_total"] == 0
        assert (t["scheduled_total"], t["duplicate_total"], t["mismatch_total"]) == (20, 0, 0)
