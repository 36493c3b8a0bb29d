"""Every transport at once: what was received is what was echoed and what was dropped."""

import select
import time

from messages import Flows, not_to_be_answered
from netecho import PATIENCE, eventually
from report import Report, count, size
from streams import Crowd
from watched import Watched, total

_SCHEMES = ("unix", "unixgram", "unixpacket")


def mixed(threads, folder, *, streams, flows, seconds, seed):
    """`streams` of each kind of stream, `flows` of each kind of message."""
    kinds = f"{count(streams)} each of tcp, unix, {count(flows)} each of udp, unixgram, unixpacket"
    report = Report(f"{kinds}, {seconds} s", threads)
    endpoints = ["tcp://127.0.0.1:0", "udp://127.0.0.1:0"]
    endpoints += [f"{scheme}:{folder}/{scheme}-{threads}" for scheme in _SCHEMES]
    with Watched(threads, *endpoints, options=["--stats-interval=100ms"]) as it:
        tcp, udp, unix, unixgram, unixpacket = it.server.endpoints
        unanswered, missing = not_to_be_answered(udp, unixgram)
        crowd = Crowd([tcp, unix] * streams, seed)
        messages = Flows([udp, unixgram, unixpacket] * flows, unanswered, seed)
        try:
            _drive(crowd, messages, seconds)
            it.tell(report)
            for what in missing:
                report.tell("not tried", what)
            _streams(report, crowd)
            sent = _messages(report, messages)
            _wait_for(it.server, sent)
            answered = sum(one.received() for one in unanswered)
        finally:
            crowd.close()
            messages.close()
        counters = it.counters(report)
        received = sum(flow.received for flow in messages.flows.values()) + answered
        _compare(report, [each for each in counters if each["rx_messages_total"] is None], crowd)
        _compare_messages(report, _of_messages(counters), sent, received)
    return report


def _drive(crowd, messages, seconds):
    with select.epoll() as both:
        for load in (crowd, messages):
            both.register(load, select.EPOLLIN)
            load.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            both.poll(0.1)
            crowd.turn(0)
            messages.turn(0)
    messages.over = True
    crowd.finish()
    deadline = time.monotonic() + PATIENCE
    while messages.turn(0.1) and time.monotonic() < deadline:
        pass


def _streams(report, crowd):
    report.tell("streams: messages", count(crowd.messages))
    report.tell("streams: bytes sent", size(crowd.sent))
    report.exactly("streams: bytes lost", crowd.lost, 0)
    report.exactly("streams: that lost or changed a byte", crowd.damaged, 0)


def _messages(report, messages):
    """How many were sent, answered or not."""
    flows = messages.flows.values()
    sent = sum(flow.sent for flow in flows)
    report.tell("messages: sent by flows", count(sent))
    report.exactly("messages: echoed to flows", sum(flow.received for flow in flows), sent)
    report.exactly("messages: echoed with other bytes", sum(flow.wrong for flow in flows), 0)
    in_vain = sum(one.sent for one in messages.unanswered)
    report.tell("messages: sent that are not to be answered", count(in_vain))
    return sent + in_vain


def _of_messages(counters):
    return [each for each in counters if each["rx_messages_total"] is not None]


def _wait_for(server, sent):
    """Nobody hears when the last of what is dropped was received."""

    def read():
        stats = server.events("stats")
        return stats and total(_of_messages(stats[-1]["endpoints"]), "rx_messages_total") >= sent

    try:
        eventually(read, "all is received")
    except AssertionError:
        pass  # The rows say so.


def _compare(report, counters, crowd):
    report.exactly("server: streams: bytes in", total(counters, "rx_bytes_total"), crowd.sent)
    report.exactly("server: streams: bytes out", total(counters, "tx_bytes_total"), crowd.sent)


def _compare_messages(report, counters, sent, received):
    taken = total(counters, "rx_messages_total")
    echoed = total(counters, "tx_messages_total")
    report.exactly("server: messages received", taken, sent)
    report.exactly("server: messages echoed", echoed, received)
    dropped = {}
    for each in counters:
        for reason, number in each["dropped_total"].items():
            dropped[reason] = dropped.get(reason, 0) + number
    for reason, number in sorted(dropped.items()):
        if number:
            report.tell(f"server: messages dropped: {reason}", count(number))
    report.exactly("server: messages echoed + dropped", echoed + sum(dropped.values()), taken)
