"""Every event of every subcommand against the schema that netecho prints itself."""

import os
import re
import signal
import socket

import pytest
from netecho import finish, netecho, running, serve
from peers import closed_port, datagram_peer, stream_peer
from schema import check, validator
from sockets import connect, echo, parse


def test_the_schema_is_strict():
    """A validator that takes everything would prove nothing."""
    with serve("udp://127.0.0.1:0") as server:
        good = netecho("probe", server.endpoint, "-c1", "--json").json
    check(good)
    assert not validator().is_valid({})
    assert not validator().is_valid({**good, "schema": "netecho/2"})
    assert not validator().is_valid({k: v for k, v in good.items() if k != "errors"})
    assert not validator().is_valid({**good, "exit_code": "0"})
    for key, value in good["targets"][0].items():
        without = {k: v for k, v in good["targets"][0].items() if k != key}
        assert not validator().is_valid({**good, "targets": [without]}), key
        wrong = {**good["targets"][0], key: ["wrong"] if not isinstance(value, list) else 3}
        assert not validator().is_valid({**good, "targets": [wrong]}), key


def test_consumers_may_ignore_what_they_do_not_know():
    with serve("udp://127.0.0.1:0") as server:
        good = netecho("probe", server.endpoint, "-c1", "--json").json
    assert validator().is_valid({**good, "added_later": 1})
    assert validator().is_valid({"schema": "netecho/1", "type": "later", "time": good["time"]})


def test_every_event_of_serve_is_valid(folder):
    with serve("tcp://localhost:0", "udp://127.0.0.1:0", f"unix:{folder}/s",
               f"unixgram:@{folder.name}", f"unixpacket:{folder}/p", "--trace", "--json",
               "--show-payload", "--stats-interval", "50ms", "--idle-timeout", "100ms") as server:
        for uri in server.endpoints:
            with connect(uri) as client:
                for data in (b"hello", b"\xff\x00\x1b", "한글".encode(), b'"\\\n'):
                    assert echo(client, data) == data
                if client.type == socket.SOCK_STREAM:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        family, kind, address = parse(server.endpoints[4])
        with socket.socket(family, kind) as nameless:
            nameless.connect(address)
            nameless.send(b"nobody")
        with connect(server.endpoints[0]) as idle:
            assert idle.recv(1) == b""
        server.event("stats")
        server.event("datagram", action="dropped")
        server.event("close", reason="idle")
        server.stop()
        kinds = {check(e)["type"] for e in server.events()}
    assert kinds == {"listening", "open", "close", "datagram", "stats", "stopped"}


def test_in_every_endpoint_received_is_echoed_plus_dropped(folder):
    with serve("udp://127.0.0.1:0", f"unixgram:{folder}/g", "--json") as server:
        for uri in server.endpoints:
            with connect(uri) as client:
                for size in (0, 1, 100):
                    echo(client, bytes(size))
        server.stop()
        for stats in server.events("stopped")[0]["endpoints"]:
            dropped = sum(stats["dropped_total"].values())
            assert stats["rx_messages_total"] == stats["tx_messages_total"] + dropped == 3


@pytest.mark.parametrize("output", [["--json"], ["--format", "jsonl"], ["--format", "json"]])
def test_everything_send_says_is_valid(output):
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", "unixpacket:@nj%d" % os.getpid()) as server:
        runs = [
            netecho("send", uri, *args, *output, input=b"one\ntwo\n")
            for uri in server.endpoints
            for args in ([], ["hello"], [""], ["-x", "ff00"], ["x", "-c3"], ["--lines"])
        ]
    with closed_port() as port:
        runs.append(netecho("send", f"127.0.0.1:{port}", "x", *output))
    with closed_port(socket.SOCK_DGRAM) as port:
        runs.append(netecho("send", f"udp://127.0.0.1:{port}", "x", *output))
    with datagram_peer(lambda *_: None) as peer:
        runs.append(netecho("send", peer.uri, "x", "-W20ms", *output))
    with stream_peer(lambda p, c: (c.recv(9), c.sendall(b"y"))) as peer:
        runs.append(netecho("send", peer.uri, "x", *output))
        runs.append(netecho("send", peer.uri, "x", "--expect", "any", *output))
        runs.append(netecho("send", peer.uri, "x", "--expect", "none", *output))
    runs.append(netecho("send", "no-such-host.invalid:7", "x", *output))
    runs.append(netecho("send", "tpc://x", "x", *output))
    for run in runs:
        assert run.events, run
        types = [check(event)["type"] for event in run.events]
        if output[-1] == "json":
            assert types == ["result"], run
            assert run.json["exit_code"] == run.code
        elif types[-1] != "result":
            assert set(types) <= {"reply", "summary", "error"}, run


@pytest.mark.parametrize("output", [["--json"], ["--format", "jsonl"]])
def test_everything_probe_says_is_valid(output, folder):
    runs = []
    with serve("tcp://127.0.0.1:0", "udp://[::1]:0", f"unixgram:{folder}/g") as server:
        for args in ([], ["-s8"], ["-s32"], ["--warmup", "2"], ["--show-payload"]):
            runs.append(netecho("probe", *server.endpoints, "-c3", "-i50ms", *args, *output))
        runs.append(netecho("probe", server.endpoint, "-c3", "-i50ms", "--mode=connect", *output))
        runs.append(netecho("probe", "--self", "-c3", "-i50ms", *output))
        with running("probe", server.endpoint, "-c0", "-i2ms", "-w", "10s", *output) as process:
            if output[-1] == "jsonl":
                process.stdout.readline()
            process.send_signal(signal.SIGINT)
            interrupted = finish(process)
        assert interrupted.code in (0, 1, 130, 128 + signal.SIGINT)
        if interrupted.stdout:
            runs.append(interrupted)
    with closed_port() as port, closed_port(socket.SOCK_DGRAM) as udp:
        runs.append(netecho("probe", f"127.0.0.1:{port}", f"udp://127.0.0.1:{udp}", "-c2",
                            "-i2ms", *output))
    with datagram_peer(lambda *_: None) as peer:
        runs.append(netecho("probe", peer.uri, "-c2", "-i50ms", "-W20ms", *output))
    runs.append(netecho("probe", "no-such-host.invalid:7", *output))
    runs.append(netecho("probe", "tpc://x", *output))
    for run in runs:
        assert run.events, run
        for event in run.events:
            check(event)
    if output[-1] == "jsonl":
        kinds = {event["type"] for run in runs for event in run.events}
        assert {"reply", "summary", "error"} <= kinds


def test_times_are_rfc_3339_in_utc_with_nine_decimals():
    with serve("tcp://127.0.0.1:0", "--json") as server:
        event = server.event("listening")
        assert event["schema"] == "netecho/1"
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", event["time"])


def test_integers_are_exact_in_every_consumer():
    """Within 2^53, and no float where the contract says an integer."""
    with serve("tcp://127.0.0.1:0") as server:
        document = netecho("probe", server.endpoint, "-c3", "-i50ms", "--json").json

    def visit(name, value):
        if isinstance(value, dict):
            for key, inner in value.items():
                visit(f"{name}.{key}" if name else key, inner)
        elif isinstance(value, list):
            for inner in value:
                visit(name, inner)
        elif isinstance(value, float):
            assert name.endswith(("_ratio", "_per_second")), name
        elif isinstance(value, int):
            assert abs(value) <= 2**53 - 1, name

    visit("", document)


def test_a_path_that_is_not_utf8_is_shown_lossy_and_in_base64(folder):
    path = os.fsencode(folder) + b"/bad\xff"
    with serve("unix:" + os.fsdecode(path), "--json") as server:
        event = server.event("listening")
        check(event)
        import base64

        assert base64.b64decode(event["endpoint"]["path_base64"]) == path
        assert event["endpoint"]["path"].startswith(f"{folder}/bad")


def test_abstract_names_with_control_bytes_are_valid_json():
    name = "netecho-\x1b[31m-%d" % os.getpid()
    with serve(f"unix:@{name}", "--json", "--trace") as server:
        with connect(f"unix://@{name}") as client:
            assert echo(client, b"x") == b"x"
        server.event("close")
        for event in server.events():
            check(event)
        assert b"\x1b" not in server.stdout
