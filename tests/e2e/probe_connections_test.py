"""Connections of probe that end early, with --retry and without."""

import json
import signal

from netecho import finish, netecho, running, serve
from ports import own_port
from schema import check


def replies(process):
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "reply":
            yield event["status"]


def test_an_outage_that_does_not_end_lasts_to_the_end_of_the_run():
    first = serve("tcp://127.0.0.1:0")
    args = ["-c60", "-i10ms", "--retry", "--format", "jsonl"]
    with running("probe", first.endpoint, *args) as process:
        assert "ok" in replies(process)
        first.kill()
        result = finish(process)
    assert (result.code, result.errors) == (0, []), "there were replies"
    s = check(result.events[-1])
    assert (s["scheduled_total"], s["error"]) == (60, None)
    (outage,) = s["outages"]
    assert 0 < outage["duration_ns"] <= s["duration_ns"]
    assert 0 < outage["probes"] <= s["unanswered_total"]


def test_without_retry_a_dropped_connection_ends_its_flow():
    first = serve("tcp://127.0.0.1:0")
    with running("probe", first.endpoint, "-c0", "-i10ms", "--format", "jsonl") as process:
        assert "ok" in replies(process)
        first.kill()
        result = finish(process)
    assert result.code == 1, "a flow that ended before its schedule is a failure"
    (line,) = result.errors
    assert first.endpoint in line, result
    s = check(result.events[-1])
    assert s["error"]["category"] == "connect"
    assert s["interrupted"] is False
    assert s["skipped_total"] + s["sent_total"] == s["scheduled_total"]


def test_one_dropped_flow_leaves_the_others_alone():
    """The table of two targets, of which one goes away, in one process."""
    first = serve("tcp://127.0.0.1:0")
    args = ["-c50", "-i10ms", "--format", "jsonl"]
    with serve("udp://127.0.0.1:0") as second:
        with running("probe", first.endpoint, second.endpoint, *args) as process:
            assert next(replies(process)) in ("ok", "skipped")
            first.kill()
            result = finish(process)
    *_, gone, other = [check(e) for e in result.events if e["type"] == "summary"]
    assert gone["error"] is not None and gone["exit_code"] == 1
    assert gone["scheduled_total"] == 50 and gone["no_connection_total"] > 0
    assert other["error"] is None and other["scheduled_total"] == 50


def test_retry_waits_for_the_first_connection_and_accounts_for_it():
    closed = f"tcp://127.0.0.1:{own_port()}"
    result = netecho("probe", closed, "-c10", "-i10ms", "--retry", "--json")
    (s,) = result.json["targets"]
    assert (result.code, s["scheduled_total"], s["no_connection_total"]) == (1, 10, 10)
    assert s["error"]["errno_name"] == "ECONNREFUSED"
    args = ["-c0", "-i10ms", "--retry", "--format", "jsonl", "-w", "20s"]
    with running("probe", closed, *args) as process:
        statuses = replies(process)
        assert "skipped" in statuses
        with serve(closed):
            assert "ok" in statuses
            process.send_signal(signal.SIGINT)
            result = finish(process)
    s = check(result.events[-1])
    assert (result.code, s["error"], len(s["outages"])) == (0, None, 1), result
