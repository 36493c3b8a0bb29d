"""Connect, echo, close, over and over, some by a reset: nothing of it stays behind."""

import collections
import random
import select
import socket
import struct
import time

from report import Report, count
from sockets import parse
from watched import Watched, total

_IP_BIND_ADDRESS_NO_PORT = 24  # linux/in.h
_RESET = struct.pack("ii", 1, 0)
# Each has its own ephemeral ports, so that TIME_WAIT does not use them up.
_SOURCES = [f"127.0.{net}.{host}" for net in range(8) for host in (2, 3)]
_AT_ONCE = 200
_TOLERANCE = 1 << 20

# How a client leaves. Nine in ten by a FIN, half of them only after the server's.
_CLOSE, _WAIT, _RESET_AT_ONCE, _RESET_AFTERWARDS = "close", "wait", "reset at once", "reset"
_WAYS = (_CLOSE, _WAIT) * 9 + (_RESET_AT_ONCE, _RESET_AFTERWARDS)


class Visitors:
    """So many clients, one after the other, some at once."""

    def __init__(self, endpoint, seed):
        self._family, self._kind, self._address = parse(endpoint)
        self._random = random.Random(seed)
        self._epoll = select.epoll()
        self._open = {}
        self.left = collections.Counter()
        self.wrong = 0  # Not answered with what it sent, or not in good order.
        self.sent = self.received = 0

    def run(self, visits):
        for number in range(visits):
            self._enter(_WAYS[number % len(_WAYS)], _SOURCES[number % len(_SOURCES)])
            while len(self._open) >= _AT_ONCE:
                self._turn()
        deadline = time.monotonic() + 60
        while self._open and time.monotonic() < deadline:
            self._turn()
        self.wrong += len(self._open)
        for sock, _, _ in self._open.values():
            sock.close()
        self._epoll.close()

    def _enter(self, way, source):
        sock = socket.socket(self._family, self._kind)
        if self._family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
            sock.bind((source, 0))
        sock.settimeout(20)
        sock.connect(self._address)
        data = self._random.randbytes(self._random.randrange(1, 2000))
        sock.sendall(data)
        if way == _RESET_AT_ONCE:
            return self._leave(sock, way)
        sock.setblocking(False)
        self._open[sock.fileno()] = (sock, way, data)
        self._epoll.register(sock, select.EPOLLIN)
        self.sent += len(data)

    def _leave(self, sock, way):
        if way in (_RESET_AT_ONCE, _RESET_AFTERWARDS):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        sock.close()
        self.left[way] += 1

    def _turn(self):
        for descriptor, _ in self._epoll.poll(1):
            sock, way, expected = self._open.pop(descriptor)
            left = self._read(sock, expected)
            if left is None:
                self.wrong += 1
            elif left:
                self._open[descriptor] = (sock, way, left)
                continue
            elif expected and way == _WAIT:
                sock.shutdown(socket.SHUT_WR)
                self._open[descriptor] = (sock, way, b"")
                continue
            self._epoll.unregister(descriptor)
            self._leave(sock, way)

    def _read(self, sock, expected):
        """What is expected after that; None: it was something else. Nothing: the end is."""
        try:
            data = sock.recv(4096)
        except OSError:
            return None
        self.received += len(data)
        same = data == expected[: len(data)] and bool(data) == bool(expected)
        return expected[len(data) :] if same else None


def churn(threads, folder, *, tcp, unix, seed):
    report = Report(f"{count(tcp)} tcp and {count(unix)} unix connect-echo-close", threads)
    with Watched(threads, "tcp://127.0.0.1:0", f"unix:{folder}/churn-{threads}") as it:
        began = time.monotonic()
        visitors = [Visitors(endpoint, seed) for endpoint in it.server.endpoints]
        for some, visits in zip(visitors, (tcp, unix), strict=True):
            some.run(visits)
        took = time.monotonic() - began
        ways = sum((some.left for some in visitors), collections.Counter())
        report.tell("connections", f"{(tcp + unix) / took:,.0f}/s")
        for way in (_CLOSE, _WAIT, _RESET_AFTERWARDS, _RESET_AT_ONCE):
            report.tell(f"left by {way}", count(ways[way]))
        report.exactly("not echoed in good order", sum(some.wrong for some in visitors), 0)
        it.back_to_the_start(report, _TOLERANCE)
        it.tell(report)
        counters = it.counters(report)
        report.exactly("server: accepted", total(counters, "accepted_total"), tcp + unix)
        report.exactly("server: rejected", total(counters, "rejected_total"), 0)
        report.exactly("server: still open", total(counters, "connections_open"), 0)
        sent = sum(some.sent for some in visitors)
        # Those that were reset at once may be read and answered before, or not.
        echoed = total(counters, "tx_bytes_total")
        report.want("server: bytes out", count(echoed), f">= {count(sent)}", echoed >= sent)
    return report
