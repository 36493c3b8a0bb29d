"""More clients than there is room for, clients that never read, clients that are busy at the end."""

import contextlib
import hashlib
import json
import resource
import selectors
import signal
import socket
import time

import pytest
from faults import Failing, traced_environment
from netecho import SANITIZED, eventually, netecho, processor_time, serve
from sockets import connect, echo, parse, pattern, receive

MIB = 1 << 20


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
    with serve(endpoint, "--drain-timeout", "100ms") as server:
        clients = [connect(server.endpoint) for _ in range(500)]
        data = bytes(MIB)
        left = {client: MIB for client in clients}
        with selectors.DefaultSelector() as selector:
            for client in clients:
                client.setblocking(False)
                selector.register(client, selectors.EVENT_WRITE)
            while ready := selector.select(0.3):
                for key, _ in ready:
                    client = key.fileobj
                    left[client] -= client.send(data[: left[client]])
                    if left[client] == 0:
                        selector.unregister(client)
        if not SANITIZED:
            assert server.memory_peak() <= 128 * MIB
        # Another server is probed at the same time: what else this machine does slows down both.
        with serve("tcp://127.0.0.1:0") as other:
            assert any(are_alike(server.endpoint, other.endpoint) for _ in range(10))
        for client in clients:
            client.close()


def are_alike(crowded, quiet):
    """Whether the crowd at most doubles the p99 of the round trips of one more client."""
    done = netecho("probe", crowded, quiet, "-c200", "-i1ms", "--json")
    assert done.code in (0, 1), done
    p99 = {target["target"]["uri"]: target["rtt_ns"]["p99"] for target in done.json["targets"]}
    return None not in p99.values() and p99[crowded] <= 2 * p99[quiet]


class Busy:
    """Sends without end, from a start of its own, and reads; what it got is a start of that."""

    block = pattern(MIB)

    def __init__(self, endpoint, number):
        self.sock = connect(endpoint)
        self.sock.setblocking(False)
        self.start = number * 1009
        self.port = self.sock.getsockname()[1]
        self.sent = self.received = 0
        self.digest = hashlib.md5()

    def write(self):
        at = (self.start + self.sent) % MIB
        with contextlib.suppress(BlockingIOError):
            self.sent += self.sock.send(self.block[at : at + 4096])

    def read(self):
        """False at the end."""
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return True
        self.received += len(data)
        self.digest.update(data)
        return bool(data)

    def digest_of(self, size):
        """Of as many of the bytes it sent."""
        turned = self.block[self.start :] + self.block[: self.start]
        whole = turned * (size // MIB) + turned[: size % MIB]
        return hashlib.md5(whole).digest()


def test_sigterm_with_1000_busy_connections_echoes_all_that_was_accepted():
    with serve("tcp://127.0.0.1:0", "--drain-timeout", "10s", "-v", "--json") as server:
        clients = [Busy(server.endpoint, number) for number in range(1000)]
        with selectors.DefaultSelector() as selector:
            for client in clients:
                selector.register(client.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, client)
            turn(selector, until=lambda: all(client.received > 0 for client in clients))
            server.signal(signal.SIGTERM)
            started = time.monotonic()
            turn(selector, until=lambda: not selector.get_map())
        assert server.wait() == 0
        assert time.monotonic() - started < 10
        closed = {e["peer"]["port"]: e for e in server.events("close")}
        for client in clients:
            close = closed[client.port]
            assert (close["reason"], close["error"]) == ("drain", None)
            assert close["rx_bytes"] == close["tx_bytes"] == client.received
            assert client.digest.digest() == client.digest_of(client.received)
        end = json.loads(server.stdout.splitlines()[-1])
        assert end["type"] == "stopped" and end["events_dropped_total"] == 0


def turn(selector, until):
    """Everybody sends and reads, until it is so; who has read all leaves."""
    deadline = time.monotonic() + 30
    while not until():
        assert time.monotonic() < deadline
        for key, events in selector.select(0.1):
            client = key.data
            if events & selectors.EVENT_READ and not client.read():
                selector.unregister(client.sock)
                client.sock.close()
            elif events & selectors.EVENT_WRITE:
                client.write()
