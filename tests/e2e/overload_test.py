"""More clients than there is room for, clients that never read, clients that are busy at the end."""

import contextlib
import json
import resource
import selectors
import socket
import time

import pytest
from crowds import MIB, clients_that_never_read, p99_side_by_side, sigterm_while_busy
from faults import Failing, traced_environment
from netecho import SANITIZED, eventually, processor_time, serve
from sockets import connect, echo, parse, receive


@pytest.fixture(autouse=True)
def descriptors():
    """As many as the hard limit allows, for this process alone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 5500:
        pytest.skip(f"needs 5,500 descriptors; the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def limited_to(descriptors):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


def test_with_64_descriptors_5000_connects_cost_next_to_nothing():
    with serve("tcp://127.0.0.1:0", preexec_fn=limited_to(64)) as server:
        _, _, address = parse(server.endpoint)
        with contextlib.ExitStack() as open_clients, selectors.DefaultSelector() as answers:
            old = [open_clients.enter_context(connect(server.endpoint)) for _ in range(5)]
            assert [echo(client, b"old") for client in old] == [b"old"] * 5
            crowd = []
            for _ in range(5000):
                client = open_clients.enter_context(socket.socket())
                client.setblocking(False)
                client.connect_ex(address)
                crowd.append(client)
                with contextlib.suppress(OSError):  # Beyond the backlog it is not connected.
                    client.send(b"new")
                answers.register(client, selectors.EVENT_READ)
            served = take_answers(answers, 0.5)
            assert 0 < len(served) < 64

            before, seconds = processor_time(server.pid), 2
            deadline = time.monotonic() + seconds
            while time.monotonic() < deadline:
                assert [echo(client, b"old") for client in old] == [b"old"] * 5
                time.sleep(0.1)
            used = processor_time(server.pid) - before
            assert used <= 0.05 * seconds * (4 if SANITIZED else 1)

            freed = time.monotonic()
            for client in served[:10]:
                client.close()
            later = take_answers(answers, 1, count=10)
            assert len(later) >= 10, f"{len(later)} within {time.monotonic() - freed} s"
            assert [echo(client, b"old") for client in old] == [b"old"] * 5


def take_answers(answers, seconds, count=None):
    """Who is answered for the first time, until nobody is for so long."""
    answered = []
    while (count is None or len(answered) < count) and (ready := answers.select(seconds)):
        for key, _ in ready:
            answers.unregister(key.fileobj)
            with contextlib.suppress(ConnectionError):
                assert key.fileobj.recv(100) == b"new"
                answered.append(key.fileobj)
    return answered


@pytest.mark.parametrize("error", ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"])
def test_it_accepts_again_soon_after_the_system_had_run_out(folder, error):
    # The first connection is accepted, and so is the call that finds no further one.
    fault = Failing(folder, "accept4", error, "3..5")
    tracing = {"prefix": fault.prefix, "env": traced_environment(), "lines": 1}
    with serve("tcp://127.0.0.1:0", **tracing) as server:
        with connect(server.endpoint) as old, connect_later(server.endpoint, old) as new:
            new.sendall(b"new")
            eventually(
                lambda: echo(old, b"old") == b"old" and fault.failures() == 3, "three failures"
            )
            began = time.monotonic()
            assert receive(new, 3) == b"new"
            assert time.monotonic() - began <= 1


def connect_later(endpoint, first):
    assert echo(first, b"first") == b"first"
    return connect(endpoint)


@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_500_clients_that_never_read_cost_little_and_disturb_nobody(folder, transport):
    endpoint = {"tcp": "tcp://127.0.0.1:0", "unix": f"unix:{folder}/s"}[transport]
    # What all of them hold may be above the limit for it: that has a test of its own.
    options = ["--drain-timeout=100ms", "--stats-interval=50ms", "--json", "--max-buffered=0"]
    with serve(endpoint, *options) as server:
        with clients_that_never_read(server, server.endpoint, 500):
            if not SANITIZED:
                assert server.memory_peak() <= 128 * MIB
            with serve("tcp://127.0.0.1:0") as other:
                assert any(are_alike(server.endpoint, other.endpoint) for _ in range(10))


def are_alike(crowded, quiet):
    """Whether the crowd at most doubles the p99 of the round trips of one more client."""
    p99 = p99_side_by_side(crowded, quiet)
    return None not in p99 and p99[0] <= 2 * p99[1]


def test_sigterm_with_1000_busy_connections_echoes_all_that_was_accepted():
    with serve("tcp://127.0.0.1:0", "--drain-timeout", "10s", "-v", "--json") as server:
        clients, seconds = sigterm_while_busy(server, 1000)
        assert server.wait() == 0
        assert seconds < 10
        closed = {e["peer"]["port"]: e for e in server.events("close")}
        for client in clients:
            close = closed[client.port]
            assert (close["reason"], close["error"]) == ("drain", None)
            assert close["rx_bytes"] == close["tx_bytes"] == client.received
            assert client.digest.digest() == client.digest_of(client.received)
        end = json.loads(server.stdout.splitlines()[-1])
        assert end["type"] == "stopped" and end["events_dropped_total"] == 0


@pytest.mark.parametrize("error", ["EPERM", "ECONNABORTED"])
def test_a_listener_that_lets_nobody_in_is_tried_a_few_times_a_second(folder, error):
    fault = Failing(folder, "accept4", error, "1+")
    tracing = {"prefix": fault.prefix, "env": traced_environment(), "lines": 1}
    with serve("tcp://127.0.0.1:0", "--json", "--sandbox=off", **tracing) as server:
        with connect(server.endpoint):
            first = server.event("error")
            assert (first["operation"], first["errno_name"]) == ("accept", error)
            time.sleep(1)
            # 64 in a row, then 200 ms of rest.
            assert fault.failures() < 1000
            assert len(server.events("error")) == 1
