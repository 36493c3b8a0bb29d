"""What reaches a running probe from outside: signals, pauses, a terminal; and what it costs."""

import contextlib
import json
import os
import re
import signal
import time
from datetime import datetime
from pathlib import Path

import pytest
from netecho import INSTRUMENTED, PATIENCE, environment, eventually, finish, memory, running, serve
from peers import datagram_peer
from schema import check
from terminals import terminal

MIB = 1 << 20


@pytest.fixture(scope="module")
def server():
    name = f"netecho-signals-{os.getpid()}"
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", f"unix:@{name}") as one:
        yield dict(zip(("tcp", "udp", "unix"), one.endpoints))


def takes_signals(process):
    """Whether it has blocked SIGINT to read it when it likes; before that it is the shell's case."""

    def blocked():
        for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
            if line.startswith("SigBlk:"):
                return int(line.split()[1], 16) >> (signal.SIGINT - 1) & 1
        return False

    eventually(blocked, "signals are handled")


def read_events(process, kind, count):
    """The first so many events of a type; fewer only where the output ends."""
    found = []
    while len(found) < count:
        line = process.stdout.readline()
        if not line:
            break
        event = json.loads(line)
        if event["type"] == kind:
            found.append(event)
    return found


# --- Ctrl-C at any moment -------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("seen", [*range(8), 13, 40])
def test_ctrl_c_after_any_number_of_replies_prints_a_correct_summary(server, transport, seen):
    args = ["-c0", "--rate", "500", "--format", "jsonl", "--report-interval", "7ms", "-w", "20s"]
    with running("probe", server[transport], *args) as process:
        takes_signals(process)
        before = read_events(process, "reply", seen)
        process.send_signal(signal.SIGINT)
        result = finish(process)
    events = [check(e) for e in result.events]
    summary = events[-1]
    assert (summary["type"], summary["interrupted"]) == ("summary", True), result
    assert result.code == summary["exit_code"] == (0 if summary["received_total"] else 1)
    assert result.errors == []
    assert summary["received_total"] >= sum(e["status"] == "ok" for e in before)
    assert summary["lost_total"] == 0


@pytest.mark.parametrize("options", [["--flood", "--window", "16"], ["-i1ms", "--parallel", "3"],
                                     ["-i50ms", "-s8"], ["-i5ms", "--timestamps", "kernel"],
                                     ["-i5ms", "--mode", "connect"], ["-i1h", "--warmup", "1"],
                                     ["-i1ms", "--sweep", "64,128,256"]])
@pytest.mark.parametrize("output", ["--format=json", "--format=text"])
def test_ctrl_c_at_once_ends_every_mode_with_a_summary(server, options, output):
    with running("probe", server["tcp"], "-c0", *options, output, "-w", "20s") as process:
        takes_signals(process)
        process.send_signal(signal.SIGINT)
        result = finish(process)
    assert result.code in (0, 1) and result.errors == [], result
    if output == "--format=json":
        (target,) = check(result.json)["targets"]
        assert target["interrupted"] is True
        assert result.code == (0 if target["received_total"] else 1)
    else:
        assert "interrupted" in result.text, result


def test_ctrl_c_ends_all_targets_and_leaves_what_never_came_outstanding(server):
    with datagram_peer(lambda *_: None) as silent:
        args = ["-c0", "-i5ms", "-W", "60s", "--format", "json", "-w", "20s"]
        with running("probe", server["udp"], silent.uri, *args) as process:
            assert silent.arrived.wait(PATIENCE)
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert result.code == 1, result
    answered, unanswered = check(result.json)["targets"]
    assert answered["interrupted"] and unanswered["interrupted"]
    assert unanswered["outstanding_total"] == unanswered["sent_total"] > 0
    assert unanswered["lost_total"] == 0


# --- SIGQUIT --------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [["--format", "jsonl"], ["--format", "jsonl", "-q"]])
def test_sigquit_asks_for_figures_in_between(server, options):
    args = ["-c0", "--rate", "1k", *options, "-w", "20s"]
    with running("probe", server["udp"], *args) as process:
        takes_signals(process)
        for _ in range(3):
            process.send_signal(signal.SIGQUIT)
            (interval,) = read_events(process, "interval", 1)
            check(interval)
            assert interval["interrupted"] is False
        process.send_signal(signal.SIGINT)
        result = finish(process)
    assert result.code in (0, 1) and result.errors == []
    assert check(result.events[-1])["type"] == "summary"


@pytest.mark.parametrize("options", [[], ["-q"], ["-v"]])
def test_sigquit_shows_figures_in_text_too(server, options):
    args = ["-c0", "--rate", "1k", *options, "-w", "20s"]
    with running("probe", server["udp"], *args) as process:
        takes_signals(process)
        process.send_signal(signal.SIGQUIT)
        # The interval; replies, where they are shown, have no "sent" in them.
        while b" sent, " not in (line := process.stdout.readline()):
            assert line, "the output ended"
        process.send_signal(signal.SIGINT)
        result = finish(process)
    assert "interrupted" in result.text, result


# --- a pause of the whole process -----------------------------------------------------------------


def test_stopped_for_two_seconds_it_neither_bursts_nor_loses(server):
    pause, interval_ns = 2.0, 10_000_000
    # Those that are out then, more than one where the server has to wait for its turn, have time.
    args = ["-c400", "-i10ms", "-W60s", "--format", "jsonl"]
    with running("probe", server["udp"], *args) as process:
        assert len(read_events(process, "reply", 20)) == 20
        process.send_signal(signal.SIGSTOP)
        time.sleep(pause)
        process.send_signal(signal.SIGCONT)
        result = finish(process)
    assert result.code == 0, result
    replies = [check(e) for e in result.events if e["type"] == "reply"]
    summary = check(result.events[-1])
    assert summary["scheduled_total"] == 400
    # The slots of the pause were not sent. A busy machine skips some more.
    assert summary["skipped_total"] >= pause * 100 - 10
    assert summary["lost_total"] == 0
    assert summary["received_total"] == summary["sent_total"] > 0
    gap = longest_run_of(replies, "skipped")
    assert len(gap) >= pause * 100 - 10
    # Nothing is made up for: a probe is at most an interval late, but for the one that was being
    # sent, and those that a busy machine held up on the way.
    late = [e for e in replies if e["status"] == "ok" and lateness(e) > 100 * interval_ns]
    assert len(late) <= 1
    # What was sent after the pause took as long as its schedule: no faster.
    resumed = [e for e in replies if e["status"] == "ok" and e["sequence"] > gap[-1]["sequence"]]
    if len(resumed) >= 20:
        slots = resumed[-1]["sequence"] - resumed[0]["sequence"]
        took = (time_of(resumed[-1]) - time_of(resumed[0])).total_seconds()
        assert took > slots * 0.01 * 0.8 - 0.05


def lateness(reply):
    return reply["response_ns"] - reply["rtt_ns"]


def time_of(event):
    return datetime.fromisoformat(event["time"][:26])


def longest_run_of(replies, status):
    """The longest run of slots, in order, with this status."""
    longest, run = [], []
    for event in sorted(replies, key=lambda e: e["sequence"]):
        run = [*run, event] if event["status"] == status else []
        longest = max(longest, run, key=len)
    return longest


# --- memory ---------------------------------------------------------------------------------------


def flood_memory(uri, count):
    args = ["--flood", "--window", "64", "-c", count, "--json"]
    with running("probe", uri, *args) as process:
        peak = 0
        while process.poll() is None:
            with contextlib.suppress(AssertionError, OSError):  # It may have just ended.
                peak = max(peak, memory(process.pid, "VmHWM"))
            time.sleep(0.002)
        result = finish(process)
    (target,) = check(result.json)["targets"]
    assert (result.code, target["received_total"]) == (0, count), result
    return peak


@pytest.mark.skipif(INSTRUMENTED, reason="memory is bounded in ordinary builds")
@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_memory_does_not_grow_with_the_number_of_probes(server, transport):
    few = flood_memory(server[transport], 20_000)
    many = flood_memory(server[transport], 600_000)
    assert 0 < few <= 16 * MIB and 0 < many <= 16 * MIB
    # Times of a busy machine spread over more of the histograms, which end at less than this.
    assert many - few < 3 * MIB


# --- the live line of a terminal ------------------------------------------------------------------

ERASED = b"\r\x1b[K"
FAST = ["--rate", "200", "--duration", "900ms", "--color", "never"]


def test_above_ten_a_second_a_terminal_shows_one_live_line(server):
    with terminal("probe", server["udp"], *FAST) as term:
        shown = term.read_to_end()
        assert term.wait() == 0
    live, erased, summary = shown.rpartition(ERASED)
    assert erased, shown
    drawn = [line for line in live.split(b"\r") if line]
    assert drawn, shown
    for line in drawn:
        assert line.startswith(server["udp"].encode()) and b" sent " in line, line
        assert line.endswith(b"\x1b[K") and b"\n" not in line
    counts = [int(re.search(rb"([\d,]+) sent", line)[1].replace(b",", b"")) for line in drawn]
    assert counts == sorted(counts) and counts[-1] > 0
    # Nothing of it is left in what stays.
    assert summary.startswith(server["udp"].encode()) and b"\x1b" not in summary, summary
    assert b"\r" not in summary and b" received, " in summary


@pytest.mark.parametrize("columns", [20, 80, 200])
def test_the_line_of_several_targets_never_wraps_and_goes_away(server, columns):
    with terminal("probe", *server.values(), *FAST, columns=columns) as term:
        shown = term.read_to_end()
        assert term.wait() == 0
    live, erased, summary = shown.rpartition(ERASED)
    assert erased and b"\x1b" not in summary, shown
    drawn = [line.removesuffix(b"\x1b[K").decode() for line in live.split(b"\r") if line]
    assert drawn and all(0 < len(line) < columns for line in drawn), drawn
    if columns == 200:
        assert all(line.count(" | ") == 2 for line in drawn)


def test_an_interval_and_ctrl_c_do_not_run_into_the_line(server):
    args = ["-c0", "--rate", "200", "--color", "never", "-w", "20s"]
    with terminal("probe", server["udp"], *args) as term:
        term.read_until(b" sent")
        term.process.send_signal(signal.SIGQUIT)
        term.read_until(b" received, ")
        term.process.send_signal(signal.SIGINT)
        assert term.wait() == 0
        shown = term.read_to_end()
    for line in shown.split(b"\n"):
        last = line.rpartition(b"\r")[2].removeprefix(b"\x1b[K")
        assert b"\x1b" not in last, "what stays is written on an empty line"
    assert shown.count(b" received, ") == 2, shown


@pytest.mark.parametrize(
    "options, changes",
    [(["-q"], {}), ([], {"TERM": "dumb"}), ([], {"TERM": None}), (["--json"], {}),
     (["--format", "jsonl"], {})],
)
def test_no_live_line_where_nobody_wants_it(server, options, changes):
    env = environment(**{"TERM": "xterm", **changes})
    with terminal("probe", server["udp"], *FAST, *options, env=env) as term:
        shown = term.read_to_end()
        assert term.wait() == 0
    assert b"\r" not in shown and b"\x1b" not in shown, shown
    assert b"sent" in shown


def test_no_live_line_in_a_pipe(server):
    with running("probe", server["udp"], *FAST) as process:
        result = finish(process)
    assert result.code == 0 and result.errors == []
    assert b"\r" not in result.stdout and b"\x1b" not in result.stdout
    assert result.text.startswith(server["udp"]), "replies are not shown at this rate"
