"""Outputs that fail or stall: what is measured is not held up by them, and not lost with them."""

import json
import os
import resource
import signal
import socket

import pytest
from faults import Failing, traced_environment
from netecho import COVERAGE, PATIENCE, eventually, netecho, running, serve
from probes import IN_TURN
from terminals import terminal

SAMPLES_OF_A_LONG_RUN = ("-c400", "-i1ms")


def limited(limit_bytes):
    """As a shell with ulimit -f leaves it: SIGXFSZ kills, unless it is ignored."""
    if COVERAGE:
        pytest.skip("what was run is written to files, too, and said to fail")

    def prepare():
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return prepare


@pytest.mark.parametrize("option, name", [("--samples", "x.csv"), ("--samples", "x.jsonl"), ("--hdr", "x.hlog")])
@pytest.mark.parametrize("fault", ["limit", "full"])
def test_a_file_that_takes_no_more_is_told_in_the_one_object(folder, option, name, fault):
    more = {}
    if fault == "full":
        (folder / name).symlink_to("/dev/full")
    else:
        more["preexec_fn"] = limited(100)
    with serve("udp://127.0.0.1:0") as server:
        result = netecho("probe", server.endpoint, "-q", "--json", *SAMPLES_OF_A_LONG_RUN, option,
                         folder / name, **more)
    reason = "ENOSPC" if fault == "full" else "EFBIG"
    assert result.code == 8, result
    document = result.json  # One line, and one only.
    assert document["exit_code"] == 8
    [error] = document["errors"]
    assert (error["category"], error["errno_name"], error["exit_code"]) == ("io", reason, 8)
    assert document["targets"][0]["received_total"] > 0
    assert result.errors == [f"netecho: {error['message']}"], result


def test_a_file_that_takes_no_more_costs_self_no_results(folder):
    (folder / "x.csv").symlink_to("/dev/full")
    result = netecho("probe", "--self", "--json", "-c3", "--samples", folder / "x.csv")
    assert result.code == result.json["exit_code"] == 8
    assert len(result.json["targets"]) > 3 and result.json["errors"][0]["errno_name"] == "ENOSPC"
    text = netecho("probe", "--self", "-c3", "--samples", folder / "x.csv")
    assert text.code == 8 and "rtt min" in text.text and "ENOSPC" in text.stderr.decode()


def test_in_json_lines_the_error_comes_before_the_summaries(folder):
    (folder / "x.hlog").symlink_to("/dev/full")
    with serve("udp://127.0.0.1:0") as server:
        result = netecho("probe", server.endpoint, "--format", "jsonl", "-c1", "--hdr", folder / "x.hlog")
    assert [event["type"] for event in result.events] == ["reply", "error", "summary"]
    assert result.code == 8


@pytest.mark.parametrize("command", ["probe", "probe-jsonl", "send", "serve", "schema", "port-file"])
def test_a_limit_on_files_ends_no_command_by_its_signal(folder, command):
    if command == "port-file" and os.environ.get("NETECHO_SANITIZE") == "thread":
        pytest.skip("ThreadSanitizer itself writes a file when it starts")
    with serve("udp://127.0.0.1:0") as server, open(folder / "out", "wb") as out:
        args = {
            "probe": ("probe", server.endpoint, "-c1", "--json"),
            "probe-jsonl": ("probe", server.endpoint, "-c5", "-i20ms", "--format", "jsonl"),
            "send": ("send", server.endpoint, "x" * 200),
            "serve": ("serve", "udp://127.0.0.1:0", "--json", "--stats-interval=1ms"),
            "schema": ("schema",),
            "port-file": ("serve", "udp://127.0.0.1:0", "--port-file", folder / "ports"),
        }[command]
        limit = limited(0 if command == "port-file" else 100)
        result = netecho(*args, stdout=out, preexec_fn=limit)
    assert result.code == 8, result
    assert result.errors[-1].endswith("File too large (EFBIG)"), result
    assert (folder / "out").stat().st_size <= 100


def test_a_reader_that_sleeps_costs_the_measurement_no_probe(folder):
    """It begins to read when far more has been sent than a pipe holds."""
    reader, writer = os.pipe()
    with serve("udp://127.0.0.1:0", "--json", "--stats-interval=20ms") as server:
        args = ("probe", server.endpoint, "--format", "jsonl", "-c0", "-i2ms", "-W5s")
        with running(*args, stdout=writer) as process:
            os.close(writer)
            # A pipe of 64 KiB has room for what comes of the first 130.
            eventually(lambda: received(server) >= 250, "so many probes")
            process.send_signal(signal.SIGINT)
            with os.fdopen(reader, "rb") as pipe:
                events = [json.loads(line) for line in pipe]
            assert process.wait(PATIENCE) == 0
    summary = events[-1]
    assert summary["instrument"]["events_dropped_total"] == 0
    replies = [event for event in events if event["type"] == "reply"]
    assert len(replies) == summary["scheduled_total"] - summary["outstanding_total"] >= 250


def received(server):
    stats = server.events("stats")
    return stats[-1]["endpoints"][0]["rx_messages_total"] if stats else 0


def test_what_a_reader_is_too_slow_for_is_dropped_counted_and_told():
    reader, writer = os.pipe()
    with serve("udp://127.0.0.1:0", "--json", "--stats-interval=20ms") as server:
        # Payloads fill the queue of 16 MiB in a moment.
        args = ("probe", server.endpoint, "--format", "jsonl", "--flood", "-s", "60000", "-c", "1000",
                "--show-payload=64KiB", "--report-interval=100ms")
        with running(*args, stdout=writer) as process:
            os.close(writer)
            eventually(lambda: received(server) >= 1000, "the last probe")
            with os.fdopen(reader, "rb") as pipe:
                events = [json.loads(line) for line in pipe]
            assert process.wait(PATIENCE) == 0
            errors = process.stderr.read().decode()
    summary = events[-1]
    dropped = summary["instrument"]["events_dropped_total"]
    replies = [event for event in events if event["type"] == "reply"]
    assert dropped > 0 and len(replies) + dropped == 1000
    assert f"netecho: {dropped} events were dropped: the reader of stdout is slow\n" in errors
    intervals = [event for event in events if event["type"] == "interval"]
    assert sum(event["received_total"] for event in intervals) == summary["received_total"]


def test_a_reader_that_leaves_ends_the_run_quietly():
    with serve("udp://127.0.0.1:0") as server:
        args = ("probe", server.endpoint, "--format", "jsonl", "-c0", "-i1ms")
        with running(*args) as process:
            process.stdout.readline()
            process.stdout.close()
            assert process.wait(PATIENCE) == 0
            assert process.stderr.read() == b""


def test_a_stopped_terminal_stops_no_probe():
    """Nobody reads it, so that it takes nothing more after some kilobytes, as after Ctrl-S."""
    with serve("udp://127.0.0.1:0", "--json", "--stats-interval=20ms") as server:
        with terminal("probe", server.endpoint, "-v", "-c400", *IN_TURN) as term:
            # It holds 4 KiB, which is some 90 of their lines.
            eventually(lambda: received(server) >= 200, "half of the probes")
            seen = term.read_to_end()
            assert term.wait() == 0
    assert seen.count(b"seq=") == 400


def test_an_accept_that_keeps_failing_is_told_once_on_stderr(folder):
    fault = Failing(folder, "accept4", "EMFILE", "2+")
    tracing = {"prefix": fault.prefix, "env": traced_environment(), "lines": 1}
    for json_too in (False, True):
        options = ["--json"] if json_too else []
        with serve("tcp://127.0.0.1:0", *options, **tracing) as server:
            client = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            with client, socket.create_connection(("127.0.0.1", server.port)):  # It is tried for this one.
                seen = fault.failures()
                eventually(lambda: fault.failures() >= seen + 4, "some failures")
                client.sendall(b"y")
                assert client.recv(1) == b"y"
            line = f"netecho: accept {server.endpoint}: Too many open files (EMFILE)"
            eventually(lambda: line in server.stderr.splitlines(), "the line")
            assert server.stderr.splitlines().count(line) == 1
            if json_too:
                assert [event["errno_name"] for event in server.events("error")] == ["EMFILE"]
            else:
                assert b"EMFILE" not in server.stdout


def test_a_stalled_stderr_stalls_neither_the_echo_nor_stdout(folder):
    fault = Failing(folder, "accept4", "EMFILE", "2+")
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    while True:
        try:
            os.write(writer, b"x" * 4096)
        except BlockingIOError:
            break
    os.set_blocking(writer, True)
    with serve("tcp://127.0.0.1:0", "--json", prefix=fault.prefix, env=traced_environment(), lines=1,
               stderr=writer) as server:
        with socket.create_connection(("127.0.0.1", server.port), PATIENCE) as client:
            server.event("error", errno_name="EMFILE")
            client.sendall(b"still here")
            assert client.recv(100) == b"still here"
        os.close(writer)
        server.stop()
        assert server.event("stopped")["reason"] == "signal"
        os.close(reader)


@pytest.mark.parametrize("expect, code", [("echo", 6), ("any", 0)])
@pytest.mark.parametrize("transport", ["tcp", "unix", "unixpacket"])
def test_send_says_at_once_that_the_server_has_closed(folder, transport, expect, code):
    endpoint = "tcp://127.0.0.1:0" if transport == "tcp" else f"{transport}:{folder}/s"
    with serve(endpoint) as server:
        with terminal("send", "--expect", expect, "-W", "200ms", server.endpoint,
                      streams=("stdin", "stdout", "stderr")) as term:
            term.type(b"hello\n")
            term.read_until(b"hello")
            server.stop()
            term.read_until(b"the other end has closed the connection")
            assert term.wait() == code


def test_a_pace_that_nobody_can_keep_is_told():
    with serve("udp://127.0.0.1:0") as server:
        result = netecho("probe", server.endpoint, "-i1ns", "-c100000", "-W100us", "--json")
    if result.json["targets"][0]["sent_total"] == 0:
        assert result.code == 1
        assert "nothing was sent: this machine was more than an interval (1 ns) late" in result.stderr.decode()
    else:
        assert b"nothing was sent" not in result.stderr
