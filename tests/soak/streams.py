"""Stream connections that send messages of random sizes and check every byte that comes back."""

import hashlib
import math
import random
import select
import socket
import time

from netecho import PATIENCE
from sockets import connect

_POOL_BYTES = 4 << 20
_LARGE = 1 << 20  # More than sockets hold: the server has to wait for this client to read.


class Messages:
    """Where messages come from: random bytes, sizes from 1 byte to 1 MiB, most of them small."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._pool = memoryview(self._random.randbytes(_POOL_BYTES))

    def next(self):
        draw = self._random.random
        largest = 0 if draw() >= 1 / 200 else _LARGE
        length = largest or int(math.exp(draw() * math.log(65536)))
        start = int(draw() * (_POOL_BYTES - length))
        return self._pool[start : start + length]


class Stream:
    """One connection: sends a message, reads its echo, and so on; digests of both directions."""

    __slots__ = ("sock", "going", "messages", "sent", "received", "_in", "_out", "watched", "ended")

    def __init__(self, uri):
        self.sock = connect(uri)
        self.sock.setblocking(False)
        self.going = memoryview(b"")
        self.messages = self.sent = self.received = 0
        self._in = hashlib.sha256()
        self._out = hashlib.sha256()
        self.watched = select.EPOLLIN
        self.ended = None

    def send(self, message=None):
        """A new message, or the rest of one; what the socket takes."""
        going = self.going if message is None else message
        try:
            taken = self.sock.send(going)
        except BlockingIOError:
            taken = 0
        self._in.update(going[:taken])
        self.sent += taken
        self.going = going[taken:]

    def receive(self, buffer):
        """False at the end."""
        taken = self.sock.recv_into(buffer)
        self._out.update(buffer[:taken])
        self.received += taken
        return taken > 0

    def whole(self):
        """The server ended it in good order, and all came back as it was."""
        same = self.sent == self.received and self._in.digest() == self._out.digest()
        return self.ended == "eof" and same


class Crowd:
    """All of them, driven by one loop."""

    def __init__(self, uris, seed):
        self._messages = Messages(seed)
        self._buffer = memoryview(bytearray(1 << 18))
        self._epoll = select.epoll()
        self.over = False
        self.streams = {}
        for uri in uris:
            stream = Stream(uri)
            self.streams[stream.sock.fileno()] = stream
        self._left = len(self.streams)

    def fileno(self):
        """Readable when there is something to do: a crowd fits into another loop."""
        return self._epoll.fileno()

    def start(self):
        for descriptor, stream in self.streams.items():
            self._epoll.register(descriptor, stream.watched)
            self._serve(descriptor, stream, 0)

    def turn(self, seconds):
        """Whatever is ready; False when all have ended."""
        for descriptor, events in self._epoll.poll(seconds):
            self._serve(descriptor, self.streams[descriptor], events)
        return self._left > 0

    def run(self, seconds):
        """For so long, and until all that was sent has come back and every connection has ended."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.turn(0.1)
        self.finish()

    def finish(self):
        """No new messages; those that wait for nothing say so at once."""
        self.over = True
        for descriptor, stream in self.streams.items():
            if stream.ended is None:
                self._serve(descriptor, stream, 0)
        deadline = time.monotonic() + 3 * PATIENCE
        while self.turn(0.1) and time.monotonic() < deadline:
            pass

    def _serve(self, descriptor, stream, events):
        try:
            if events & select.EPOLLOUT and stream.going:
                stream.send()
            if events & ~select.EPOLLOUT and not stream.receive(self._buffer):
                return self._end(descriptor, stream, "eof")
            self._go_on(descriptor, stream)
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(descriptor, stream, error.strerror)

    def _go_on(self, descriptor, stream):
        if not stream.going and stream.received == stream.sent:
            if self.over:
                stream.sock.shutdown(socket.SHUT_WR)
            else:
                stream.messages += 1
                stream.send(self._messages.next())
        wanted = select.EPOLLIN | (select.EPOLLOUT if stream.going else 0)
        if wanted != stream.watched:
            self._epoll.modify(descriptor, wanted)
            stream.watched = wanted

    def _end(self, descriptor, stream, how):
        self._epoll.unregister(descriptor)
        stream.ended = how
        stream.sock.close()
        self._left -= 1

    def close(self):
        self._epoll.close()
        for stream in self.streams.values():
            stream.sock.close()

    # What came of it.

    @property
    def messages(self):
        return sum(stream.messages for stream in self.streams.values())

    @property
    def sent(self):
        return sum(stream.sent for stream in self.streams.values())

    @property
    def lost(self):
        return sum(abs(stream.sent - stream.received) for stream in self.streams.values())

    @property
    def damaged(self):
        """Connections of which not every byte came back, in order, before an orderly end."""
        return sum(not stream.whole() for stream in self.streams.values())
