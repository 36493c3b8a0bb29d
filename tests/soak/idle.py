"""Connections that say nothing: what each costs the server."""

from report import Report, count, size
from sockets import connect, echo
from watched import SANITIZED, Watched, total

_BYTES_EACH = 300
_FIRST = 50


def idle(threads, folder, *, tcp):
    report = Report(f"{count(tcp)} idle tcp connections", threads)
    with Watched(threads, "tcp://127.0.0.1:0") as it:
        clients = []
        try:
            # Each is served once, so that it is neither in the backlog nor half made; what the
            # first of all cost (pages of code, the buffer that they share) is not theirs.
            clients += _served(it.server.endpoint, _FIRST)
            before = it.resident()
            clients += _served(it.server.endpoint, tcp)
            wrong = clients.count(None)
            report.exactly("not echoed", wrong, 0)
            each = (it.resident() - before) / tcp
            if SANITIZED:
                report.tell("server: bytes a connection", count(round(each)))
            else:
                report.at_most("server: bytes a connection", round(each), _BYTES_EACH)
            it.tell(report)
        finally:
            for client in filter(None, clients):
                client.close()
        it.back_to_the_start(report, tcp * _BYTES_EACH + (1 << 20))
        report.exactly("server: accepted", total(it.counters(report), "accepted_total"), _FIRST + tcp)
    return report


def _served(endpoint, clients):
    """Connected; None where the echo was not what was sent."""
    some = [connect(endpoint) for _ in range(clients)]
    return [client if echo(client, b"hello") == b"hello" else None for client in some]
