"""serve --threads: several loops, one set of limits and totals."""

import contextlib
import os
import re
import signal
import socket

import pytest
from netecho import Server, eventually, netecho, serve
from sockets import connect, echo, pattern, receive

ALL = ["tcp://127.0.0.1:0", "udp://127.0.0.1:0"]


def threads_of(server):
    return len(os.listdir(f"/proc/{server.pid}/task"))


def test_every_transport_is_echoed_by_several_threads(folder):
    names = [f"{scheme}:{folder}/{scheme}" for scheme in ("unix", "unixgram", "unixpacket")]
    with serve(*ALL, *names, "--threads=3", "--json") as server:
        eventually(lambda: threads_of(server) >= 3, "three threads")
        sent = []
        for endpoint in server.endpoints:
            result = netecho("probe", endpoint, "-c50", "-i1ms", "--parallel=8", "--json")
            summary = result.json["targets"][0]
            sent.append(summary["sent_total"])
            assert (result.code, summary["received_total"]) == (0, sent[-1]), result
        assert server.stop() == 0
        for number, counted in zip(sent, server.events("stopped")[0]["endpoints"], strict=True):
            assert counted["rx_bytes_total"] == counted["tx_bytes_total"] == number * 64
            assert counted["connections_open"] == 0
            if counted["rx_messages_total"] is not None:
                assert counted["rx_messages_total"] == counted["tx_messages_total"] == number
        listening = [e["endpoint"]["uri"] for e in server.events("listening")]
        assert listening == server.endpoints


def test_limits_hold_over_all_threads_and_room_is_seen_by_all():
    with serve("tcp://127.0.0.1:0", "--threads=3", "--max-conns=5", "--json") as server:
        clients = [connect(server.endpoint) for _ in range(15)]
        for client in clients:
            client.sendall(b"x")

        def answered():
            for client in clients:
                client.settimeout(0)
            out = []
            for client in clients:
                try:
                    if client.recv(1):
                        out.append(client)
                except BlockingIOError:
                    pass
            return out

        served = []
        while clients:
            fresh = eventually(answered, "some are served")
            served += fresh
            assert len(served) <= 5
            # Those go, and others come in, whichever thread they wait at.
            for client in fresh:
                client.close()
                clients.remove(client)
            served.clear()


def test_statistics_are_those_of_all_threads():
    with serve(*ALL, "--threads=2", "--stats-interval=50ms", "--json") as server:
        sent = []
        for uri in server.endpoints:
            probed = netecho("probe", uri, "-c10", "-i20ms", "--parallel=8", "--json").json
            sent.append(probed["targets"][0]["tx_bytes_total"])

        def complete():
            counts = [[e["rx_bytes_total"] for e in s["endpoints"]] for s in server.events("stats")]
            return sent in counts

        eventually(complete, "stats with all of it")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_all_threads(number):
    data = pattern(200_000)
    with serve("tcp://127.0.0.1:0", "--threads=3", "--json", "-v") as server:
        clients = [connect(server.endpoint) for _ in range(12)]
        for client in clients:
            client.sendall(data[:1])
            assert client.recv(1) == data[:1]
        for client in clients:
            client.sendall(data)
        for client in clients:
            assert receive(client, len(data)) == data
        server.signal(number)
        for client in clients:
            assert client.recv(1) == b""
            client.close()
        assert server.wait() == 0
        assert len(server.events("close")) == 12
        numbers = [e["connection"] for e in server.events("open")]
        assert sorted(numbers) == list(range(1, 13))


def test_a_second_signal_ends_all_threads_at_once():
    server = Server(["tcp://127.0.0.1:0", "--threads=3", "--drain-timeout=1h"])
    with contextlib.ExitStack() as stack:
        stack.callback(server.kill)
        clients = [connect(server.endpoint) for _ in range(6)]
        for client in clients:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.settimeout(0)
            try:
                while True:
                    client.send(b"x" * 65536)
            except BlockingIOError:
                pass
        server.signal(signal.SIGTERM)
        eventually(lambda: netecho("send", server.endpoint, "x").code == 4, "nobody listens")
        server.signal(signal.SIGTERM)
        assert server.wait() == 128 + signal.SIGTERM


def test_a_port_of_another_process_is_an_error_with_threads_too():
    for scheme in ("tcp", "udp"):
        with serve(f"{scheme}://127.0.0.1:0", "--threads=2") as server:
            result = netecho("serve", server.endpoint, "--threads=2")
            assert result.code == 4, result


def test_one_order_needs_one_thread():
    with serve("tcp://127.0.0.1:0", "--threads=4", "--max-accepts=3", "-v") as server:
        assert threads_of(server) <= 2
        assert "one thread" in server.stderr
        for _ in range(3):
            with connect(server.endpoint) as client:
                assert echo(client, b"x") == b"x"
        assert server.wait() == 0


def test_auto_serves_on_as_many_threads_as_processors_may_be_used():
    usable = sorted(os.sched_getaffinity(0))
    for cpus in (usable[:1], usable):
        prefix = ("taskset", "--cpu-list", ",".join(map(str, cpus)))
        with serve("tcp://127.0.0.1:0", "--threads=auto", "-v", prefix=prefix) as server:
            chosen = int(re.search(r"--threads auto is (\d+):", server.stderr)[1])
            assert 1 <= chosen <= len(cpus)  # A quota may allow fewer.
            with serve("tcp://127.0.0.1:0", f"--threads={chosen}") as same:
                eventually(lambda: threads_of(server) == threads_of(same), f"{chosen} threads")


@pytest.mark.parametrize("text", ["0", "257", "many", ""])
def test_a_number_of_threads_that_is_none_is_told(text):
    result = netecho("serve", f"--threads={text}")
    assert result.code == 2
    assert "--threads" in result.errors[0]
