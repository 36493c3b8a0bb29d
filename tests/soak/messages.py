"""Flows of datagrams and records beside the streams; each echo is compared with what was sent."""

import os
import random
import select
import socket

from sockets import connect, parse

_UNANSWERED_EVERY = 50  # Echoes between two messages that are not to be answered.


class Flow:
    """One message under way at a time, so that no queue on its way overflows."""

    def __init__(self, uri):
        self.sock = connect(uri)
        self.sock.setblocking(False)
        self.going = None  # Not taken yet.
        self.expected = None
        self.sent = self.received = self.wrong = 0

    def send(self, message):
        self.going = message
        try:
            self.sock.send(message)
        except BlockingIOError:
            return  # The queue of a Unix server is full.
        self.going = None
        self.expected = message
        self.sent += 1

    def receive(self):
        data = self.sock.recv(1 << 17)
        self.wrong += data != self.expected
        self.received += 1
        self.expected = None


class Unanswered:
    """A client whose messages the server has to drop, and count. Raises OSError if it can't be."""

    def __init__(self, uri, prepare=lambda sock: None):
        family, kind, self._address = parse(uri)
        self.sock = socket.socket(family, kind)
        try:
            prepare(self.sock)
        except OSError:
            self.sock.close()
            raise
        self.sock.setblocking(False)
        self.sent = 0

    def send(self, message):
        try:
            # Not connected: of a connected one that never reads the kernel bounds the queue by the
            # send buffer of the server, which is that of all of its clients.
            self.sock.sendto(message, self._address)
            self.sent += 1
        except BlockingIOError:
            pass

    def received(self):
        """What was answered all the same: all that waits."""
        answers = 0
        try:
            while self.sock.recv(1 << 17):
                answers += 1
        except BlockingIOError:
            pass
        return answers


class Flows:
    """All of them, driven by one loop."""

    def __init__(self, uris, unanswered, seed):
        self._random = random.Random(seed)
        self._pool = self._random.randbytes(1 << 20)
        self._epoll = select.epoll()
        self.flows = {flow.sock.fileno(): flow for flow in map(Flow, uris)}
        self.unanswered = unanswered
        self._turns = 0
        self.over = False

    def fileno(self):
        return self._epoll.fileno()

    def start(self):
        for descriptor, flow in self.flows.items():
            self._epoll.register(descriptor, select.EPOLLIN)
            self._send(descriptor, flow, self._message())

    def turn(self, seconds):
        """Whatever is ready; False when nothing is under way any more."""
        for descriptor, events in self._epoll.poll(seconds):
            flow = self.flows[descriptor]
            if events & select.EPOLLIN and flow.expected is not None:
                flow.receive()
                self._drop_some()
                if not self.over:
                    self._send(descriptor, flow, self._message())
            elif flow.going is not None:
                self._send(descriptor, flow, flow.going)
        return any(flow.expected or flow.going for flow in self.flows.values())

    def close(self):
        self._epoll.close()
        for each in (*self.flows.values(), *self.unanswered):
            each.sock.close()

    def _message(self):
        length = self._random.randrange(1, 2000)
        start = self._random.randrange(len(self._pool) - length)
        return self._pool[start : start + length]

    def _send(self, descriptor, flow, message):
        flow.send(message)
        waits = flow.going is not None
        self._epoll.modify(descriptor, select.EPOLLOUT if waits else select.EPOLLIN)

    def _drop_some(self):
        self._turns += 1
        if self._turns % _UNANSWERED_EVERY == 0:
            for one in self.unanswered:
                one.send(self._message())


def not_to_be_answered(udp, unixgram):
    """(clients, what could not be tried): from a port below 1024, without a name, never reading."""
    clients, missing = [], []
    kinds = [
        (udp, lambda sock: sock.bind(("127.0.0.1", 1023)), "a source port below 1024"),
        (unixgram, lambda sock: None, "a sender without a name"),
        (unixgram, lambda sock: sock.bind(""), "a sender that never reads"),
    ]
    for uri, prepare, what in kinds:
        try:
            clients.append(Unanswered(uri, prepare))
        except PermissionError as error:
            missing.append(f"{what}: {os.strerror(error.errno)}")
    return clients, missing
