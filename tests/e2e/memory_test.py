"""Memory that peers make serve keep has a bound, and where there is none only one connection ends."""

import contextlib
import os
import resource
import signal
import socket

import pytest
from netecho import SANITIZED, environment, eventually, serve
from sockets import connect, echo

MIB = 1 << 20
RECORD = 2 * MIB
FAILING_MEMORY = os.environ.get("NETECHO_FAILING_MEMORY", "")
ordinary = pytest.mark.skipif(SANITIZED, reason="sanitizers have an allocator of their own")
both_kinds = pytest.mark.parametrize("kind", ["unix", "unixpacket"])


def never_reads(uri):
    """A client whose echo lies unread, and whose next one serve has to keep."""
    client = connect(uri)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 * MIB)
    client.setblocking(False)
    with contextlib.suppress(BlockingIOError, ConnectionError):  # Or it was ended at once.
        while client.send(b"y" * RECORD):
            pass
    return client


def stalled_bytes(server):
    stats = server.events("stats")
    return stats[-1]["stalled_bytes"] if stats else 0


@both_kinds
def test_beyond_max_buffered_the_connection_that_has_stalled_longest_ends(kind, folder):
    with serve(f"{kind}:{folder}/s", "--json", "-v", "--max-buffered=5MiB",
               "--stats-interval=20ms") as server, contextlib.ExitStack() as clients:
        count = 0
        while not server.events("close"):
            clients.enter_context(never_reads(server.endpoint))
            count += 1
            eventually(
                lambda: stalled_bytes(server) > 0 or server.events("close"), "a peer has stalled")
            assert count < 200
        ended = server.event("close")
        assert (ended["connection"], ended["reason"]) == (1, "limit")
        assert all(0 <= e["stalled_bytes"] <= 5 * MIB for e in server.events("stats"))
        for event in server.events("stats"):
            assert event["stalled_bytes"] == sum(e["stalled_bytes"] for e in event["endpoints"])
        assert "--max-buffered" in server.stderr
        with connect(server.endpoint) as other:
            assert echo(other, b"still served") == b"still served"
        clients.close()
        eventually(lambda: stalled_bytes(server) == 0, "nothing is kept any more")


def test_what_is_kept_counts_over_all_threads():
    with serve("tcp://127.0.0.1:0", "--threads=3", "--json", "-v", "--max-buffered=1MiB",
               "--stats-interval=20ms") as server, contextlib.ExitStack() as clients:
        for _ in range(40):
            clients.enter_context(never_reads(server.endpoint))
        eventually(lambda: server.events("close"), "one was ended")
        assert {e["reason"] for e in server.events("close")} == {"limit"}
        eventually(lambda: 0 < stalled_bytes(server) <= MIB, "what is left fits")


@ordinary
def test_a_record_that_there_is_no_memory_for_ends_its_connection_and_no_other(folder):
    def little_memory():
        resource.setrlimit(resource.RLIMIT_AS, (160 * MIB, 160 * MIB))

    with serve(f"unixpacket:{folder}/s", "--json", "-v", "--max-buffered=0", "--sandbox=off",
               preexec_fn=little_memory) as server, contextlib.ExitStack() as clients:
        while not server.events("close"):
            clients.enter_context(never_reads(server.endpoint))
            assert server.process.poll() is None, server.stderr
        ended = server.event("close")
        assert (ended["reason"], ended["error"]["errno_name"]) == ("error", "ENOMEM")
        assert "ENOMEM" in server.event("error")["message"]
        clients.close()
        with connect(server.endpoint) as other:
            assert echo(other, b"still served") == b"still served"
        server.stop()
        [end] = server.event("stopped")["endpoints"]
        lost = sum(end["dropped_total"].values())
        assert end["rx_messages_total"] == end["tx_messages_total"] + lost


@ordinary
@pytest.mark.skipif(not FAILING_MEMORY, reason="NETECHO_FAILING_MEMORY names no library to preload")
@pytest.mark.parametrize("kind", ["tcp", "unixpacket", "udp"])
@pytest.mark.parametrize("more", [[], ["--impair=delay=1ms"], ["--stats-interval=5ms"]])
def test_whichever_allocation_fails_the_server_lives_and_ends_with_0(kind, more, folder):
    uri = f"{kind}:{folder}/s" if kind == "unixpacket" else f"{kind}://127.0.0.1:0"
    failing = environment(LD_PRELOAD=FAILING_MEMORY)
    with serve(uri, "--trace", "--json", "--sandbox=off", *more, env=failing) as server:
        with connect(server.endpoint) as client:
            assert echo(client, b"ready") == b"ready"
        # More than it takes to open a connection, to answer on it, to close it, and to tell of all.
        for _ in range(150):
            server.signal(signal.SIGUSR1)
            with connect(server.endpoint, 0.2) as client, contextlib.suppress(OSError):
                client.send(b"first")
                client.recv(10)
        with connect(server.endpoint) as client:
            assert echo(client, b"second") == b"second"
        assert server.stop() == 0, server.stderr
        [end] = server.event("stopped")["endpoints"]
        assert end["connections_open"] == 0
