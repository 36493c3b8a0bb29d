"""Many clients at once: that never read, or that are busy when the server is told to stop."""

import contextlib
import hashlib
import selectors
import signal
import time

from netecho import eventually, netecho
from sockets import connect, pattern

MIB = 1 << 20


@contextlib.contextmanager
def clients_that_never_read(server, endpoint, count):
    """Each writes 1 MiB, or as much of it as is taken. The server tells its statistics often."""
    clients = [connect(endpoint) for _ in range(count)]
    try:
        left = {client: memoryview(bytes(MIB)) for client in clients}
        for client in clients:
            client.setblocking(False)
        before = -1
        # Until the server found nothing more to read, and nobody could write any more.
        while (read := _bytes_read(server)) != before or _write(left):
            before = read
        yield clients
    finally:
        for client in clients:
            client.close()


def _write(left):
    """What the sockets take; how much that was."""
    taken = 0
    for client, rest in left.items():
        with contextlib.suppress(BlockingIOError):
            while rest:
                sent = client.send(rest)
                taken += sent
                left[client] = rest = rest[sent:]
    return taken


def _bytes_read(server):
    """By the next but one statistics: the loop has looked at every connection before those."""
    wanted = len(server.events("stats")) + 2
    stats = eventually(
        lambda: (told := server.events("stats"))[wanted - 1 :] and told, "statistics"
    )
    return sum(endpoint["rx_bytes_total"] for endpoint in stats[-1]["endpoints"])


def p99_side_by_side(crowded, quiet):
    """(of the one, of the other) in ns, of one more client; None where it was not measured."""
    # At the same time: what else this machine does slows down both. One after the other, each as
    # soon as the last is back: a machine that is busy with others skips no probe.
    done = netecho("probe", crowded, quiet, "--flood", "-c1000", "-W10s", "--json")
    assert done.code in (0, 1), done
    p99 = {target["target"]["uri"]: target["rtt_ns"]["p99"] for target in done.json["targets"]}
    return p99[crowded], p99[quiet]


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
        with contextlib.suppress(BlockingIOError, ConnectionError):  # read() tells of the end.
            self.sent += self.sock.send(self.block[at : at + 4096])

    def read(self):
        """False at the end, which is a reset if more was sent after the server's."""
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return True
        except ConnectionResetError:
            return False
        self.received += len(data)
        self.digest.update(data)
        return bool(data)

    def digest_of(self, size):
        """The digest of so many of the bytes that it sent."""
        turned = self.block[self.start :] + self.block[: self.start]
        whole = turned * (size // MIB) + turned[: size % MIB]
        return hashlib.md5(whole).digest()


def sigterm_while_busy(server, count):
    """So many clients send and read when SIGTERM comes, and on until all has ended.

    Returns them, and the seconds that it took.
    """
    clients = [Busy(server.endpoint, number) for number in range(count)]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, client)
        _turn(selector, until=lambda: all(client.received > 0 for client in clients))
        server.signal(signal.SIGTERM)
        started = time.monotonic()
        _turn(selector, until=lambda: not selector.get_map())
    server.wait()
    return clients, time.monotonic() - started


def _turn(selector, until):
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
