"""How serve ends: signals, drains, restarts, and readers of its output that do not read."""

import json
import os
import select
import signal
import socket
import subprocess
import time

import pytest
from netecho import NETECHO, environment, eventually, finish, running, serve
from ports import own_port
from sockets import connect, echo, parse, pattern

TRANSPORTS = ["tcp", "unix"]


def endpoint_of(transport, folder):
    """Whoever waits until it refuses must not meet another server at its port."""
    return f"tcp://127.0.0.1:{own_port()}" if transport == "tcp" else f"unix:{folder}/s"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_it_with_0_and_a_stopped_event(folder, number):
    with serve("tcp://127.0.0.1:0", f"unix:{folder}/s", "--json") as server:
        with connect(server.endpoints[0]) as client:
            assert echo(client, b"x") == b"x"
        server.signal(number)
        assert server.wait() == 0
        stopped = server.events()[-1]
        assert (stopped["type"], stopped["reason"]) == ("stopped", "signal")
        assert [e["endpoint"]["uri"] for e in stopped["endpoints"]] == server.endpoints
    assert not (folder / "s").exists()


def test_idle_connections_do_not_delay_the_end():
    with serve("tcp://127.0.0.1:0", "--drain-timeout", "30s", "--json", "--trace") as server:
        with connect(server.endpoint) as idle:
            assert echo(idle, b"x") == b"x"
            started = time.monotonic()
            server.signal(signal.SIGTERM)
            assert idle.recv(1) == b""
            idle.close()
            assert server.wait() == 0
            assert time.monotonic() - started < 5
        assert server.events("close")[0]["reason"] == "drain"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_drain_loses_nothing_of_what_was_accepted(folder, transport):
    data = pattern(8 << 20)
    with serve(endpoint_of(transport, folder), "--json", "--trace") as server:
        with connect(server.endpoint) as client:
            send_until_stuck(client, data)
            server.signal(signal.SIGTERM)
            refuses(server.endpoint)
            client.setblocking(True)
            client.settimeout(10)
            received = receive_until_end(client)
        assert server.wait() == 0
        close = server.event("close")
        assert close["reason"] == "drain"
        assert close["rx_bytes"] == close["tx_bytes"] == len(received)
        assert received == data[: len(received)]
        assert len(received) > 0


@pytest.mark.parametrize("silence_ms", [0, 1100])
@pytest.mark.parametrize("impaired", [(), ("--impair=delay=1ms",)], ids=["plain", "impaired"])
def test_a_drain_waits_for_who_reads_late_and_still_sends(silence_ms, impaired):
    data = pattern(60_000)
    options = ["--drain-timeout=30s", "--stats-interval=50ms", "--json", "-v", *impaired]
    with serve("tcp://127.0.0.1:0", *options) as server:
        _, _, address = parse(server.endpoint)
        with connect(server.endpoint) as other, socket.socket() as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            slow.connect(address)
            slow.sendall(data)
            until = echoed(server, len(data)) + silence_ms * 1_000_000
            if not silence_ms:
                assert echo(other, b"x") == b"x"
            eventually(lambda: server.events("stats")[-1]["uptime_ns"] > until, "it is silent")
            server.signal(signal.SIGTERM)
            # As silent as the slow one, which has taken only a start.
            server.event("close")
            slow.sendall(b"more")
            assert receive_until_end(slow) == data
        assert server.wait() == 0


def echoed(server, size):
    """The time, in ns since its start, when the server has sent so much."""

    def sent():
        return [
            e["uptime_ns"]
            for e in server.events("stats")
            if e["endpoints"][0]["tx_bytes_total"] >= size
        ]

    return eventually(sent, "all is echoed")[0]


def receive_until_end(client):
    """The rest; what we sent and the server never read may end the stream by a reset."""
    data = bytearray()
    try:
        while piece := client.recv(1 << 20):
            data += piece
    except ConnectionResetError:
        pass
    return bytes(data)


def send_until_stuck(client, data):
    client.setblocking(False)
    sent = 0
    while sent < len(data) and select.select([], [client], [], 0.3)[1]:
        try:
            sent += client.send(data[sent : sent + 65536])
        except BlockingIOError:
            pass
    return sent


def refuses(uri):
    """Waits until the listener is gone: the drain has begun."""

    def refused():
        try:
            connect(uri).close()
        except OSError:
            return True
        return False

    eventually(refused, "new connections are refused")


def test_the_drain_ends_after_its_timeout():
    with serve("tcp://127.0.0.1:0", "--drain-timeout", "200ms", "--json", "--trace") as server:
        with connect(server.endpoint) as mute:
            send_until_stuck(mute, bytes(16 << 20))
            started = time.monotonic()
            server.signal(signal.SIGTERM)
            assert server.wait() == 0
            assert 0.15 < time.monotonic() - started < 4
        assert server.events("close")[0]["reason"] == "drain"
        assert server.events("stopped")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(number):
    with serve(f"tcp://127.0.0.1:{own_port()}", "--drain-timeout", "60s") as server:
        with connect(server.endpoint) as mute:
            send_until_stuck(mute, bytes(16 << 20))
            server.signal(number)
            refuses(server.endpoint)
            assert server.process.poll() is None
            server.signal(number)
            try:
                assert server.wait(10) == 128 + number
            finally:
                server.kill()
                server.process.returncode = 0  # What the block's end wants of an ordinary stop.


def test_it_stops_with_one_hundred_busy_connections():
    block = pattern(200_000)
    with serve("tcp://127.0.0.1:0", "--json", "--trace") as server:
        clients = [connect(server.endpoint) for _ in range(100)]
        for client in clients:
            client.setblocking(False)
            client.send(block)
        server.signal(signal.SIGTERM)
        for client in clients:
            client.setblocking(True)
            client.settimeout(10)
            got = receive_until_end(client)
            assert got == block[: len(got)]
            client.close()
        assert server.wait() == 0
        closes = server.events("close")
        assert all(c["rx_bytes"] == c["tx_bytes"] for c in closes)
        assert server.events()[-1]["endpoints"][0]["connections_open"] == 0


@pytest.mark.parametrize("scheme", ["tcp", "udp"])
def test_after_sigkill_the_port_can_be_bound_at_once(scheme):
    uri = f"{scheme}4://127.0.0.1:{own_port()}"
    with running("serve", uri, "--json") as first:
        first.stdout.readline()
        with connect(uri) as client:
            assert echo(client, b"x") == b"x"
            first.kill()
            first.wait()
    with serve(uri) as second, connect(second.endpoint) as client:
        assert second.endpoint == uri
        assert echo(client, b"again") == b"again"


def test_an_ignored_sigint_stays_ignored():
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    with serve("tcp://127.0.0.1:0", preexec_fn=ignore) as server:
        server.signal(signal.SIGINT)
        with connect(server.endpoint) as client:
            assert echo(client, b"still") == b"still"
        assert server.process.poll() is None


def test_stopped_and_continued_it_goes_on():
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0") as server:
        clients = [connect(uri) for uri in server.endpoints]
        server.signal(signal.SIGSTOP)
        for client in clients:
            client.send(b"frozen")
        server.signal(signal.SIGCONT)
        for client in clients:
            assert client.recv(100) == b"frozen"
            client.close()


# --- the reader of stdout -------------------------------------------------------------------------


def ready_pipe(*args):
    """A serve whose stdout is a pipe that nobody reads; waits for --ready-fd."""
    ready, announce = os.pipe()
    process = subprocess.Popen(
        [NETECHO, "serve", *args, "--ready-fd", str(announce)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=(announce,),
        env=environment(),
    )
    os.close(announce)
    with open(ready, encoding="utf8") as pipe:
        return process, pipe.read().splitlines()


def flood(uri, count):
    with connect(uri) as client:
        for number in range(count):
            data = b"%d" % number
            assert echo(client, data) == data


def test_a_reader_that_stalls_never_stalls_the_echo():
    process, (uri,) = ready_pipe("udp://127.0.0.1:0", "--trace", "--json")
    try:
        # About 500 bytes an event: far more than the pipe (64 KiB) and the ring (1 MiB) hold.
        flood(uri, 6000)
        process.send_signal(signal.SIGTERM)
        result = finish(process)
        assert result.code == 0, result
        assert result.stderr == b""
        events = result.events
        stopped = events[-1]
        assert stopped["type"] == "stopped"
        shown = sum(e["type"] == "datagram" for e in events)
        assert stopped["events_dropped_total"] > 0
        assert shown + stopped["events_dropped_total"] == 6000
        assert stopped["endpoints"][0]["rx_messages_total"] == 6000
    finally:
        process.kill()
        process.wait()


def test_it_stops_though_nobody_ever_reads_its_output():
    process, (uri,) = ready_pipe("udp://127.0.0.1:0", "--trace", "--json")
    try:
        flood(uri, 4000)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def test_piped_into_head_it_ends_quietly_with_0():
    process, (uri,) = ready_pipe("udp://127.0.0.1:0", "--trace", "--json")
    try:
        head = subprocess.run(
            ["head", "-1"], stdin=process.stdout, capture_output=True, check=True, timeout=10
        )
        assert json.loads(head.stdout.splitlines()[0])["type"] == "listening"
        process.stdout.close()

        def ended():
            with connect(uri, timeout=0.2) as client:
                try:
                    echo(client, b"x")
                except OSError:
                    pass
            return process.poll() is not None

        eventually(ended, "it ends when nobody reads")
        assert process.returncode == 0
        assert process.stderr.read() == b""
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_help_and_schema_into_head_are_quiet():
    for args in ("--help", "schema"):
        done = subprocess.run(
            ["sh", "-c", f'"$0" {args} | head -1; :', NETECHO],
            capture_output=True, timeout=10, check=True,
        )
        assert done.stdout and done.stderr == b""


def test_a_slow_reader_of_the_log_never_blocks_the_echo():
    ready, announce = os.pipe()
    process = subprocess.Popen(
        [NETECHO, "serve", "tcp://127.0.0.1:0", "-vv", "--ready-fd", str(announce)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=(announce,),
        env=environment(),
    )
    os.close(announce)
    try:
        with open(ready, encoding="utf8") as pipe:
            uri = pipe.read().strip()
        for _ in range(1500):
            with connect(uri) as client:
                assert echo(client, b"x") == b"x"
        process.send_signal(signal.SIGTERM)
        assert finish(process).code == 0
    finally:
        process.kill()
        process.wait()
