"""HTTP by hand: what is sent is written out, and all that comes back is read to its end."""

import contextlib
import gzip
import re
import socket
import zlib
from urllib.parse import urlsplit

from netecho import eventually

EVERY_ANSWER = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
}


class Answer:
    def __init__(self, data):
        head, _, self.rest = data.partition(b"\r\n\r\n")
        line, *fields = head.decode().split("\r\n")
        self.version, status, self.reason = line.split(" ", 2)
        self.status = int(status)
        self.headers = {}
        for field in fields:
            name, value = field.split(": ", 1)
            assert name.lower() not in self.headers, f"twice: {name}"
            self.headers[name.lower()] = value

    @property
    def body(self):
        """Whole, and as it was before it was coded; an answer that was cut fails."""
        data = self.rest
        if self.headers.get("transfer-encoding") == "chunked":
            data = whole(data)
        elif "content-length" in self.headers:
            assert len(data) == int(self.headers["content-length"])
        coding = self.headers.get("content-encoding")
        return gzip.decompress(data) if coding == "gzip" else zlib.decompress(data) if coding else data


def whole(data):
    """The chunks, put together."""
    out = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        size = int(size, 16)
        if size == 0:
            assert data == b"\r\n", "the answer has no end"
            return out
        assert data[size:size + 2] == b"\r\n", "the answer was cut"
        out, data = out + data[:size], data[size + 2:]


def address_of(server):
    """Where a server with -v and --metrics answers, by its log."""
    found = eventually(lambda: re.search(r"metrics: (http://\S+)/metrics", server.stderr), "a log")
    url = urlsplit(found[1])
    return url.hostname, url.port


def read_all(sock):
    """All that comes; where the other end has left something unread, a reset is the end of it."""
    out = b""
    with contextlib.suppress(ConnectionResetError):
        while data := sock.recv(65536):
            out += data
    return out


def dial(address, timeout=30):
    return socket.create_connection(address, timeout=timeout)


def ask(address, path="/metrics", method="GET", host=None, version="1.1", more=()):
    """The answer to one request."""
    host = host or f"{address[0]}:{address[1]}"
    lines = [f"{method} {path} HTTP/{version}", f"Host: {host}", *more]
    return ask_raw(address, ("\r\n".join(lines) + "\r\n\r\n").encode())


def ask_raw(address, data):
    with dial(address) as sock:
        sock.sendall(data)
        return Answer(read_all(sock))
