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


class SteppedClock:
    """A program with this environment sees the wall clock step when step() is called."""

    def __init__(self, folder, by_s):
        self._flag = folder / "flag"
        self._flag.write_bytes(b"\0")
        self.environment = environment(
            LD_PRELOAD=CLOCK, STEPPED_CLOCK_BY_S=str(by_s), STEPPED_CLOCK_FLAG=str(self._flag)
        )

    def step(self):
        with self._flag.open("r+b") as file:
            file.write(b"\1")


def time_of(event):
    return datetime.fromisoformat(event["time"][:26])


def probe_across_a_step(uri, *options, step_s, folder):
    """Probes until 20 had a reply before the step and 30 behind it; (the replies, the summary)."""
    clock = SteppedClock(folder, step_s)
    args = ["-c0", "-i5ms", "--format", "jsonl", "-w", "60s", *options]
    with running("probe", uri, *args, env=clock.environment) as process:
        replies, before, behind = [], 0, 0
        for line in process.stdout:
            event = check(json.loads(line))
            replies.append(event)
            stepped = abs((time_of(event) - time_of(replies[0])).total_seconds()) > HOUR_S / 2
            before += not stepped and event["status"] == "ok"
            behind += stepped and event["status"] == "ok"
            if before == 20:
                clock.step()
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
    assert 0 < s["duration_ns"] < 60 * SECOND_NS
    assert s["server_residence_ns"] is not None


@BOTH_WAYS
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_step_of_the_wall_clock_changes_no_figure(transport, step_s, folder):
    with serve(f"{transport}://127.0.0.1:0") as server:
        replies, s = probe_across_a_step(server.endpoint, step_s=step_s, folder=folder)
    assert_figures_are_sane(s)
    assert s["instrument"]["discarded_total"] == 0, "nothing was measured with that clock"
    seen = (time_of(replies[-1]) - time_of(replies[0])).total_seconds()
    assert abs(seen - step_s) < 30, "the step took place, and dates follow it"


@BOTH_WAYS
@pytest.mark.parametrize("transport, delay, least", [("tcp", "0s", 0), ("udp", "50ms", 1)])
def test_kernel_samples_across_a_step_are_discarded(transport, delay, least, step_s, folder):
    """Those that are out when it is noticed. That may be none between two replies, as stamps wake a socket,
    too; ten are always out where a reply takes ten intervals. A simulated clock shows the exact number."""
    with serve(f"{transport}://127.0.0.1:0", "--impair", f"delay={delay}") as server:
        _, s = probe_across_a_step(
            server.endpoint, "--timestamps", "kernel", step_s=step_s, folder=folder
        )
    assert_figures_are_sane(s)
    assert least <= s["instrument"]["discarded_total"] <= s["received_total"] - 29
    assert s["rtt_kernel_ns"]["p50"] <= s["rtt_ns"]["p50"]


@BOTH_WAYS
def test_one_way_delays_end_with_the_agreement_of_the_clocks(step_s, folder):
    with serve("udp://127.0.0.1:0") as server:
        _, s = probe_across_a_step(
            server.endpoint, "--clocks-synchronized", step_s=step_s, folder=folder
        )
    assert_figures_are_sane(s)
    # From the step on one direction would be negative, which shows that they no longer agree.
    assert s["instrument"]["discarded_total"] >= 20
    for direction in ("forward", "reverse"):
        assert 0 <= s["one_way_ns"][direction]["min"]
        assert s["one_way_ns"][direction]["max"] < 10 * SECOND_NS


@BOTH_WAYS
def test_a_step_of_the_servers_clock_changes_no_figure_either(step_s, folder):
    clock = SteppedClock(folder, step_s)
    with serve("udp://127.0.0.1:0", "--json", "--trace", env=clock.environment) as server:
        args = ["-c0", "-i5ms", "--format", "json", "-w", "60s"]
        with running("probe", server.endpoint, *args) as process:

            def jumped():
                events = server.events("datagram")
                passed = time_of(events[-1]) - time_of(events[0])
                return abs(passed.total_seconds()) > HOUR_S / 2

            eventually(lambda: server.events("datagram"), "a probe before the step")
            clock.step()
            eventually(jumped, "a step of the server's clock")
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert result.code == 0, result
    (s,) = check(result.json)["targets"]
    assert_figures_are_sane(s)
    assert s["lost_forward_total"] == s["lost_reverse_total"] == 0
