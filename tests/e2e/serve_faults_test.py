"""System calls of `serve` fail: no wrong byte, no hang, no crash, and nothing lost uncounted."""

import concurrent.futures
import contextlib
import errno
import random
import select
import socket
import time

import pytest
from faults import ERRORS, FIRST_50, ONE_IN_THREE, Failing, traced_environment
from netecho import PATIENCE, SANITIZED, eventually, processor_time, serve
from sockets import connect, pattern

STREAMS = ("tcp4", "unix")
DATAGRAMS = ("udp4", "unixgram")
# Endpoints of a scheme.
EACH = 3
# Whole exchanges that each of them must come to, whatever fails in between.
WHOLE = 3
SIZES = (1, 100, 10_000, 100_000)


@contextlib.contextmanager
def ended_by_the_server():
    try:
        yield
    except ConnectionError:
        pass
    except OSError as error:
        if error.errno != errno.ENOTCONN:  # shutdown() of what was reset
            raise


class Client:
    """One endpoint of the server; what was sent and what came back."""

    def __init__(self, endpoint, number):
        self.endpoint = endpoint
        self.random = random.Random(number)
        self.sent = self.received = self.whole = 0
        self.unsettled = []  # Sockets with what is still to come, or never will.

    def exchange(self):
        """One connection or some datagrams: what comes back is what was sent, as far as it goes."""
        scheme = self.endpoint.split(":", 1)[0]
        count = self.random.randint(1, 4)
        data = pattern(self.random.choice(SIZES), self.random.random())
        with ended_by_the_server(), contextlib.ExitStack() as stack:
            sock = stack.enter_context(connect(self.endpoint, timeout=PATIENCE))
            if scheme in STREAMS:
                self.stream(sock, data)
                return
            left = [data[: 1000 + i] + b"%d" % i for i in range(count)]
            self.messages(sock, left)
            if left and scheme in DATAGRAMS:
                self.unsettled.append((sock, left))
                stack.pop_all()

    def settle(self):
        """Once the server has ended: takes what came later than messages() waited."""
        for sock, left in self.unsettled:
            with sock:
                self.take(sock, left, patience=0)

    def stream(self, sock, data):
        echoed = b""
        try:
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
            while piece := sock.recv(65536):
                echoed += piece
        finally:
            assert data.startswith(echoed)
            self.whole += echoed == data

    def messages(self, sock, expected):
        """Several at once, so that they are taken in one batch."""
        for data in expected:
            sock.send(data)
            self.sent += 1
        self.take(sock, expected, patience=0.1)

    def take(self, sock, expected, patience):
        """Removes from `expected` what came, and what was lost in front of it."""
        while expected and select.select([sock], [], [], patience)[0]:
            data = sock.recv(65536)
            if not data:  # The end of a record connection.
                return
            assert data in expected
            # What is in front of it could not be echoed, and was dropped.
            del expected[: expected.index(data) + 1]
            self.received += 1
            self.whole += not expected


def check_counters(server, clients, lossless):
    ends = {e["endpoint"]["uri"]: e for e in server.event("stopped")["endpoints"]}
    for client in clients:
        counted = ends[client.endpoint]
        received, echoed = counted["rx_messages_total"], counted["tx_messages_total"]
        if received is None:
            continue
        assert received == echoed + sum(counted["dropped_total"].values()), counted
        if counted["endpoint"]["socket_type"] == "datagram":
            assert (client.sent, client.received) == (received, echoed), counted
            assert not lossless or received == echoed, counted
        else:  # A connection that ends with an error may take its last echoes with it.
            assert client.received <= echoed, counted


def serves(folder, call, error, when, failures, lossless=("EINTR",)):
    """Exchanges go on until so many calls have failed and each endpoint has echoed whole ones."""
    fault = Failing(folder, call, error, when)
    endpoints = [
        f"{scheme}://127.0.0.1:0" if scheme.endswith("4") else f"{scheme}:{folder}/{scheme}{i}"
        for scheme in CALLS[call]
        for i in range(EACH)
    ]
    tracing = {"prefix": fault.prefix, "env": traced_environment(), "lines": len(endpoints)}
    # Without a timer the loop waits by epoll_wait().
    options = ["--idle-timeout=0"] if call == "epoll_wait" else []
    with serve(*endpoints, "--json", *options, **tracing) as server:
        clients = [Client(endpoint, i) for i, endpoint in enumerate(server.endpoints)]
        deadline = time.monotonic() + PATIENCE

        def run(client):
            while fault.failures() < failures or client.whole < WHOLE:
                assert server.process.poll() is None, server.stderr
                assert time.monotonic() < deadline, (fault.failures(), client.__dict__)
                client.exchange()

        with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
            for done in [pool.submit(run, client) for client in clients]:
                done.result()
        assert server.stop() == 0, server.stderr
        for client in clients:
            client.settle()
        # What was only interrupted, or can be done another way, costs no datagram.
        check_counters(server, clients, lossless=error in lossless)


# Which endpoints make the call in question.
CALLS = {
    "accept4": (*STREAMS, "unixpacket"),
    "recvfrom": STREAMS,
    "sendto": (*STREAMS, "unixpacket"),
    "recvmsg": ("unixpacket",),
    "recvmmsg": DATAGRAMS,
    "sendmmsg": DATAGRAMS,
    "sendmsg": DATAGRAMS,
    "epoll_wait": (*STREAMS, *DATAGRAMS),
    "epoll_pwait2": STREAMS,
    "epoll_ctl": (*STREAMS, *DATAGRAMS),
}


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", CALLS)
def test_the_first_50_calls_fail(folder, call, error):
    serves(folder, call, error, FIRST_50, 50 if error != "ENOSYS" else 1)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", CALLS)
def test_one_call_in_three_fails(folder, call, error):
    serves(folder, call, error, ONE_IN_THREE, 10 if error != "ENOSYS" else 1)


@pytest.mark.parametrize("call", ["accept4", "recvmmsg", "sendmmsg", "epoll_pwait2"])
def test_a_call_that_the_system_does_not_have_is_done_without(folder, call):
    serves(folder, call, "ENOSYS", "1+", 1, lossless=("ENOSYS",))


@pytest.mark.parametrize("endpoint", ["tcp4://127.0.0.1:0", "udp4://127.0.0.1:0"])
def test_a_call_that_never_succeeds_does_not_keep_a_core_busy(folder, endpoint):
    call = "accept4" if endpoint.startswith("tcp") else "recvmmsg"
    fault = Failing(folder, call, "ENOBUFS", "1+")
    tracing = {"prefix": fault.prefix, "env": traced_environment(), "lines": 1}
    with serve(endpoint, **tracing) as server:
        with connect(server.endpoint) as client:
            client.send(b"x")
            # Some failures are taken for chance.
            eventually(lambda: fault.failures() >= (1 if call == "accept4" else 100), "failures")
            before, tried = processor_time(server.pid), fault.failures()
            time.sleep(1)
            assert processor_time(server.pid) - before <= 0.05 * (4 if SANITIZED else 1)
            # It is tried again all the same, now and then.
            eventually(lambda: fault.failures() > tried, "another try")
            assert fault.failures() - tried <= 50
