"""Thousands of busy connections: not a byte is lost, and the server's counters say the same."""

import time

from report import Report, count, size
from streams import Crowd
from watched import Watched, total


def steady(threads, folder, *, tcp, unix, seconds, seed):
    report = Report(f"{count(tcp)} tcp and {count(unix)} unix connections, {seconds} s", threads)
    with Watched(threads, "tcp://127.0.0.1:0", f"unix:{folder}/steady-{threads}") as it:
        ip, path = it.server.endpoints
        crowd = Crowd([ip] * tcp + [path] * unix, seed)
        try:
            began = time.monotonic()
            crowd.start()
            crowd.run(seconds)
            took = time.monotonic() - began
            it.tell(report)
        finally:
            crowd.close()
        report.tell("messages", f"{count(crowd.messages)} ({crowd.messages / took:,.0f}/s)")
        report.tell("bytes sent", f"{size(crowd.sent)} ({size(crowd.sent / took)}/s each way)")
        report.exactly("bytes lost", crowd.lost, 0)
        report.exactly("connections that lost or changed a byte", crowd.damaged, 0)
        it.back_to_the_start(report, 8 << 20)
        counters = it.counters(report)
        report.exactly("server: accepted", total(counters, "accepted_total"), tcp + unix)
        report.exactly("server: bytes in", total(counters, "rx_bytes_total"), crowd.sent)
        report.exactly("server: bytes out", total(counters, "tx_bytes_total"), crowd.sent)
    return report
