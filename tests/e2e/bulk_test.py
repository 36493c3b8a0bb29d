"""Much data, many connections, and how little memory they take."""

import contextlib
import hashlib
import os
import random
import resource
import selectors
import socket
import subprocess
import time

import pytest
from netecho import INSTRUMENTED, PATIENCE, SANITIZED, eventually, memory, running, serve
from sockets import connect, echo, parse, pattern

MIB = 1 << 20
# A sanitizer's allocator keeps memory of its own, and its code is several times slower.
BULK = 64 * MIB if SANITIZED else 1024 * MIB


def needs_plain_build():
    if SANITIZED:
        pytest.skip("memory is bounded in ordinary builds; sanitizers take their own")


def bulk_file(folder):
    """A file that takes little disk: distinct blocks apart from each other, holes between them."""
    path = folder / "bulk"
    with open(path, "wb") as file:
        for offset in range(0, BULK, 128 * MIB // 16):
            file.seek(offset)
            file.write(pattern(64 << 10, seed=offset))
        file.truncate(BULK)
    return path


@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_one_gibibyte_is_verified_in_16_mib_on_each_side(folder, transport):
    endpoint = {"tcp": "tcp://127.0.0.1:0", "unix": f"unix:{folder}/s"}[transport]
    file = bulk_file(folder)
    with serve(endpoint, "--json", "--trace") as server:
        with running("send", server.endpoint, "-f", file) as client:
            # `cmp` reads the echo, so that nothing is stored: it is silent when they are the same.
            compared = subprocess.Popen(
                ["cmp", "-", file],
                stdin=client.stdout,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            client.stdout.close()
            peak = 0
            while client.poll() is None:
                with contextlib.suppress(AssertionError, OSError):  # It may have just ended.
                    peak = max(peak, memory(client.pid, "VmHWM"))
                time.sleep(0.01)
            assert (client.returncode, client.stderr.read()) == (0, b"")
            assert (compared.communicate(timeout=PATIENCE)[0], compared.returncode) == (b"", 0)
        close = server.event("close")
        assert close["rx_bytes"] == close["tx_bytes"] == BULK
        if not INSTRUMENTED:
            assert 0 < peak <= 16 * MIB
            assert server.memory_peak() <= 16 * MIB


def test_one_thousand_connections_at_once_lose_nothing():
    count, size = 1000, MIB
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    block = pattern(MIB)
    with serve("tcp://127.0.0.1:0", "--json") as server:
        _, _, address = parse(server.endpoint)
        selector = selectors.DefaultSelector()
        clients = []
        for number in range(count):
            sock = socket.create_connection(address, timeout=PATIENCE)
            sock.setblocking(False)
            # Each connection sends the same block from a start of its own: all differ.
            start = random.Random(number).randrange(size)
            client = Client(sock, block, start)
            clients.append(client)
            selector.register(sock, selectors.EVENT_READ | selectors.EVENT_WRITE, client)
        left = count
        while left:
            ready = selector.select(PATIENCE)
            assert ready, f"{left} connections stand still"
            for key, events in ready:
                client = key.data
                if events & selectors.EVENT_WRITE and client.write():
                    selector.modify(key.fileobj, selectors.EVENT_READ, client)
                if events & selectors.EVENT_READ and client.read():
                    selector.unregister(key.fileobj)
                    client.sock.close()
                    left -= 1
        wrong = [n for n, c in enumerate(clients) if c.digest.digest() != c.expected()]
        assert wrong == []
        server.stop()
        stats = server.events("stopped")[0]["endpoints"][0]
        assert stats["accepted_total"] == count
        assert stats["rx_bytes_total"] == stats["tx_bytes_total"] == count * size
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class Client:
    def __init__(self, sock, block, start):
        self.sock = sock
        self.block = memoryview(block)
        self.start = start
        self.sent = 0
        self.digest = hashlib.md5()

    def write(self):
        """True when all is sent and the stream half-closed."""
        size = len(self.block)
        position = (self.start + self.sent) % size
        end = min(size, position + size - self.sent)
        try:
            self.sent += self.sock.send(self.block[position : min(end, position + 65536)])
        except BlockingIOError:
            return False
        if self.sent == size:
            self.sock.shutdown(socket.SHUT_WR)
        return self.sent == size

    def read(self):
        """True at the end of the stream."""
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return False
        self.digest.update(data)
        return not data

    def expected(self):
        return hashlib.md5(self.block[self.start :].tobytes() + self.block[: self.start]).digest()


@pytest.mark.parametrize("transport", ["tcp", "unix"])
def test_a_client_that_never_reads_costs_the_server_less_than_one_mebibyte(folder, transport):
    needs_plain_build()
    endpoint = {"tcp": "tcp://127.0.0.1:0", "unix": f"unix:{folder}/s"}[transport]
    with serve(endpoint) as server:
        with connect(server.endpoint) as warm:
            echo(warm, pattern(100_000))
        before = server.memory_now()
        with connect(server.endpoint) as mute, connect(server.endpoint) as other:
            mute.setblocking(False)
            sent = fill(mute)
            assert sent > 0
            assert echo(other, b"others go on") == b"others go on"
            sent += fill(mute)
            assert server.memory_now() - before < MIB


def test_one_hundred_clients_that_never_read_cost_less_than_one_mebibyte_each(folder):
    needs_plain_build()
    with serve(f"unix:{folder}/s", "--drain-timeout", "100ms") as server:
        before = server.memory_now()
        mutes = [connect(server.endpoint) for _ in range(100)]
        for mute in mutes:
            mute.setblocking(False)
        fill(*mutes)
        with connect(server.endpoint) as other:
            assert echo(other, b"others go on") == b"others go on"
        assert server.memory_now() - before < 100 * MIB
        for mute in mutes:
            mute.close()


def fill(*socks):
    """Sends until no side takes more: the server has stopped reading these clients."""
    sent = 0
    data = bytes(65536)
    with selectors.DefaultSelector() as selector:
        for sock in socks:
            selector.register(sock, selectors.EVENT_WRITE)
        while ready := selector.select(0.3):
            for key, _ in ready:
                with contextlib.suppress(BlockingIOError):
                    sent += key.fileobj.send(data)
    return sent


def test_descriptors_are_back_to_the_start_after_many_connections():
    with serve("tcp://127.0.0.1:0") as server:
        descriptors = f"/proc/{server.pid}/fd"
        with connect(server.endpoint) as client:
            echo(client, b"warm")
        before = eventually(lambda: len(os.listdir(descriptors)), "open descriptors")
        for number in range(300):
            with connect(server.endpoint) as client:
                assert echo(client, b"x" * 100) == b"x" * 100
                if number % 10 == 0:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        eventually(lambda: len(os.listdir(descriptors)) <= before, "descriptors closed")
