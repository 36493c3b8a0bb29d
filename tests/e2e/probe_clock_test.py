"""A wall clock that is set by an hour in the middle of a run: what probe measures is not told by it.

tests/support/stepped_clock.cpp is preloaded into one of both sides: only that one sees the step.
"""

import json
import os
import signal
from datetime import datetime

import pytest
from netecho import SANITIZED, environment, eventually, finish, running, serve
from schema import check

CLOCK = os.environ.get("NETECHO_STEPPED_CLOCK", "")
HOUR_S = 3600
SECOND_NS = 1_000_000_000

pytestmark = [
    pytest.mark.skipif(SANITIZED, reason="sanitizers want to be preloaded first"),
    pytest.mark.skipif(not CLOCK, reason="NETECHO_STEPPED_CLOCK names no library to preload"),
]
BOTH_WAYS = pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])


def stepped(step_s, after_ms):
    return environment(
        LD_PRELOAD=CLOCK, STEPPED_CLOCK_BY_S=str(step_s), STEPPED_CLOCK_AFTER_MS=str(after_ms)
    )


def time_of(event):
    return datetime.fromisoformat(event["time"][:26])


def probe_across_a_step(uri, *options, step_s, **popen):
    """Probes until 30 had a reply behind the step; (the replies, the summary)."""
    args = ["-c0", "-i5ms", "--format", "jsonl", "-w", "20s", *options]
    env = popen.pop("env", stepped(step_s, 300))
    with running("probe", uri, *args, env=env, **popen) as process:
        replies, behind = [], 0
        for line in process.stdout:
            event = check(json.loads(line))
            replies.append(event)
            jump = (time_of(event) - time_of(replies[0])).total_seconds()
            behind += abs(jump) > HOUR_S / 2 and event["status"] == "ok"
            if behind == 30:
                break
        process.send_signal(signal.SIGINT)
        result = finish(process)
    assert (result.code, result.errors) == (0, []), result
    *rest, summary = [check(e) for e in result.events]
    return replies + rest, summary


def assert_figures_are_sane(s):
    """All that an hour would spoil: differences of times, in whichever direction."""
    # Ctrl-C may come while the last one is on its way.
    assert s["received_total"] == s["sent_total"] - s["outstanding_total"] > 0
    assert (s["lost_total"], s["late_total"]) == (0, 0)
    for name in ("rtt_ns", "rtt_kernel_ns", "server_residence_ns"):
        if s[name] is not None:
            assert 0 <= s[name]["min"] <= s[name]["max"] < 10 * SECOND_NS, name
    assert 0 <= s["response_ns"]["min"] < 10 * SECOND_NS
    variation = s["rtt_variation_ns"]  # None where no two probes in a row were sent.
    assert variation is None or variation["max"] < 10 * SECOND_NS
    assert s["jitter_rfc3550_ns"] < 10 * SECOND_NS
    assert 0 <= s["instrument"]["send_lateness_ns"]["max"] < 10 * SECOND_NS
    assert 0 < s["duration_ns"] < 20 * SECOND_NS
    assert s["server_residence_ns"] is not None


@BOTH_WAYS
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_step_of_the_wall_clock_changes_no_figure(transport, step_s):
    with serve(f"{transport}://127.0.0.1:0") as server:
        replies, s = probe_across_a_step(server.endpoint, step_s=step_s)
    assert_figures_are_sane(s)
    assert s["instrument"]["discarded_total"] == 0, "nothing was measured with that clock"
    seen = (time_of(replies[-1]) - time_of(replies[0])).total_seconds()
    assert abs(seen - step_s) < 30, "the step took place, and dates follow it"


@BOTH_WAYS
@pytest.mark.parametrize("transport, delay, least", [("tcp", "0s", 0), ("udp", "50ms", 1)])
def test_kernel_samples_across_a_step_are_discarded(transport, delay, least, step_s):
    """Those that are out when it is noticed. That may be none between two replies, as stamps wake a socket,
    too; ten are always out where a reply takes ten intervals. A simulated clock shows the exact number."""
    with serve(f"{transport}://127.0.0.1:0", "--impair", f"delay={delay}") as server:
        _, s = probe_across_a_step(server.endpoint, "--timestamps", "kernel", step_s=step_s)
    assert_figures_are_sane(s)
    assert least <= s["instrument"]["discarded_total"] <= s["received_total"] - 29
    assert s["rtt_kernel_ns"]["p50"] <= s["rtt_ns"]["p50"]


@BOTH_WAYS
def test_one_way_delays_end_with_the_agreement_of_the_clocks(step_s):
    with serve("udp://127.0.0.1:0") as server:
        _, s = probe_across_a_step(server.endpoint, "--clocks-synchronized", step_s=step_s)
    assert_figures_are_sane(s)
    # From the step on one direction would be negative, which shows that they no longer agree.
    assert s["instrument"]["discarded_total"] >= 20
    for direction in ("forward", "reverse"):
        assert 0 <= s["one_way_ns"][direction]["min"]
        assert s["one_way_ns"][direction]["max"] < 10 * SECOND_NS


@BOTH_WAYS
def test_a_step_of_the_servers_clock_changes_no_figure_either(step_s):
    with serve("udp://127.0.0.1:0", "--json", "--trace", env=stepped(step_s, 300)) as server:
        args = ["-c0", "-i5ms", "--format", "json", "-w", "20s"]
        with running("probe", server.endpoint, *args) as process:

            def jumped():
                events = server.events("datagram")
                if len(events) < 2:
                    return False
                passed = time_of(events[-1]) - time_of(events[0])
                return abs(passed.total_seconds()) > HOUR_S / 2

            eventually(jumped, "a step of the server's clock")
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert result.code == 0, result
    (s,) = check(result.json)["targets"]
    assert_figures_are_sane(s)
    assert s["lost_forward_total"] == s["lost_reverse_total"] == 0
