"""Work for clients that measure: each of them against the same server where it can be (P1 to P4)."""

import json
import re

from . import machine, peers, programs
from .figures import Figure, Goal
from .rounds import figures_by_unit, take_turns

SKIPPED, LATE = "% of the slots skipped", "us late, p99"


def _client(command, cpus=machine.LOAD_CPUS):
    return programs.run(command, cpus=cpus)


def netecho_probe(settings, endpoint, *options, prefix=()):
    """The one target's summary."""
    command = [*prefix, settings.netecho, "probe", endpoint, *options, "--json", "-q"]
    [summary] = json.loads(_client(command))["targets"]
    return summary


def irtt_stats(settings, interval, duration, *, timer):
    """It sends and receives in threads of its own, which one core would keep from each other."""
    output = settings.folder / "irtt.json"
    with peers.irtt() as server:
        _client(
            [
                "irtt", "client", "-i", interval, "-d", duration, "-l", "64", "-Q", "-o", output,
                f"--timer={timer}", server.endpoint.removeprefix("udp://"),
            ],
            cpus=machine.ALL_CPUS,
        )
    return json.loads(output.read_text())["stats"]


def sockperf(kind, *options, seconds=1, server_options=()):
    """What sockperf prints, of a client of the kind `kind` and a server of its own."""
    with peers.sockperf_udp(*server_options) as server:
        port = server.endpoint.rpartition(":")[2]
        return _client(
            ["sockperf", kind, "-i", "127.0.0.1", "-p", port, "-m", "64", "-t", seconds, *options]
        )


def p1(settings):
    """Round trips, one at a time, and one a millisecond."""
    for transport in ("udp", "tcp", "unix"):
        for wait in ("block", "spin"):
            yield round_trips(settings, transport, wait)
    yield _paced(settings)


def round_trips(settings, transport, wait, group="P1"):
    """A server that spins as its client does: else its waking up would be most of the figure."""
    count = settings.pick(20_000, 50)
    path = str(settings.folder / "s") if transport == "unix" else None
    name = {"udp": "udp_recvfrom", "unix": "tcp"}.get(transport, transport)
    name += "_spin" if wait == "spin" else ""

    def netecho():
        with peers.limit(settings, name, transport, path) as server:
            summary = netecho_probe(
                settings, server.endpoint, "--flood", "--wait", wait, "-c", count,
                "--warmup", settings.pick(200, 5),
            )
        return summary["rtt_ns"]["p50"] / 1000

    def limit():
        with peers.limit(settings, name, transport, path) as server:
            at = path or server.endpoint.rpartition(":")[2]
            return int(_client([settings.limit("rtt"), transport, at, wait, count])) / 1000

    def peer():
        options = ("--nonblocked",) if wait == "spin" else ()
        said = sockperf("ping-pong", "--full-rtt", *options, server_options=options)
        return float(re.search(r"percentile 50\.000 =\s*([\d.]+)", said)[1])

    clients = {"netecho": netecho, "limit": limit}
    goals = [Goal("limit", most=1.03, slack=0.15)]
    if transport == "udp":
        clients["sockperf"] = peer
        goals.append(Goal("sockperf", most=1))
    return Figure(
        group, f"{transport}, 64 B, one at a time, {wait}", "us, median round trip",
        take_turns(settings, clients), goals,
    ).compare()


def _paced(settings):
    duration = settings.pick("2s", "50ms")

    def netecho():
        with peers.netecho(settings, "udp://127.0.0.1:0") as server:
            summary = netecho_probe(settings, server.endpoint, "-i", "1ms", "--duration", duration)
        return summary["rtt_ns"]["p50"] / 1000

    clients = {
        "netecho": netecho,
        "irtt": lambda: irtt_stats(settings, "1ms", duration, timer="comp")["rtt"]["median"] / 1000,
    }
    return Figure(
        "P1", "udp, 64 B, one a millisecond, each with its own server", "us, median round trip",
        take_turns(settings, clients), [Goal("irtt", most=1)],
    ).compare()


def p2(settings):
    """Does each probe leave when it should?"""
    yield from _schedule(settings, "1ms", 1_000_000, settings.pick(5000, 400))
    yield from _schedule(settings, "20us", 20_000, settings.pick(2000, 100))


def _schedule(settings, interval, interval_ns, run_ms):
    """netecho and the plain loop, which answer to the same server, and irtt."""
    duration = f"{run_ms / 1000:g}s"

    def netecho():
        with peers.netecho(settings, "udp://127.0.0.1:0") as server:
            summary = netecho_probe(
                settings, server.endpoint, "-i", interval, "--duration", duration, "-W", "100ms"
            )
        late_ns = summary["instrument"]["send_lateness_ns"]["p99"]
        if late_ns is None:
            raise programs.NotAvailable("fewer than a hundred left")
        return _kept(summary["skipped_total"], summary["scheduled_total"], late_ns)

    def limit():
        with peers.netecho(settings, "udp://127.0.0.1:0") as server:
            port = server.endpoint.rpartition(":")[2]
            loop = settings.limit("schedule")
            said = _client([loop, port, interval_ns, run_ms * 1_000_000])
        return _kept(*map(int, said.split()))

    def irtt():
        timer = "comp" if interval == "1ms" else "busy"  # Its default, and its most exact one.
        return {SKIPPED: irtt_stats(settings, interval, duration, timer=timer)["timer_miss_percent"]}

    samples = {"netecho": netecho, "limit": limit, "irtt": irtt}
    work = f"udp, a probe every {interval} for {duration}"
    goals = {SKIPPED: [Goal("limit", above=0.1)], LATE: [Goal("limit", above=3)]}
    yield from figures_by_unit(settings, "P2", work, samples, goals)


def _kept(skipped, slots, late_ns):
    return {SKIPPED: 100 * skipped / slots, LATE: late_ns / 1000}


def p3(settings):
    """As many as come back, 256 at a time."""
    seconds = settings.pick(1, 0.05)

    def netecho():
        with peers.limit(settings, "udp", "udp") as server:
            summary = netecho_probe(
                settings, server.endpoint, "--flood", "--window", "256", "--duration", f"{seconds}s"
            )
        return summary["received_total"] * 1e9 / summary["duration_ns"]

    def limit(**options):
        with peers.limit(settings, "udp", "udp") as server:
            counted = programs.load(
                settings.driver, "datagrams", server.endpoint, window=256, warmup_ms=0,
                run_ms=int(seconds * 1000), **options,
            )
        return counted["messages"] * 1e9 / counted["ns"]

    def peer():
        said = sockperf("ping-pong", "-b", "256")
        found = re.search(r"Total Run\] RunTime=([\d.]+) sec;.*ReceivedMessages=(\d+)", said)
        return int(found[2]) / float(found[1])

    def irtt():
        interval = settings.pick("5us", "100us")
        stats = irtt_stats(settings, interval, f"{seconds}s", timer="busy")
        return stats["packets_received"] * 1e9 / stats["duration"]

    clients = {
        "netecho": netecho,
        "limit": lambda: limit(batch=32),
        "limit, trains": lambda: limit(train=64, batch=1),
        "sockperf": peer,
        "irtt": irtt,
    }
    goals = [
        Goal("limit", 0.9), Goal("limit, trains", 0.75), Goal("sockperf", 20), Goal("irtt", 80)
    ]
    yield Figure(
        "P3", "udp, 64 B, 256 outstanding", "round trips/s", take_turns(settings, clients), goals
    ).compare()


def p4(settings):
    """The memory of a probe, by how many it has sent."""

    def netecho(count):
        with peers.netecho(settings, "udp://127.0.0.1:0") as server:
            command = [settings.netecho, "probe", server.endpoint, "--flood", "--window", "256"]
            command += ["-c", count, "-q"]
            _, kib = programs.spawn(settings, 1, command, cpus=machine.LOAD_CPUS, seconds=900)
        return kib / 1024

    for count in settings.pick((100_000, 10_000_000), (1000, 5000)):
        yield Figure(
            "P4", f"udp, {count:,} probes", "MiB at most",
            take_turns(settings, {"netecho": lambda count=count: netecho(count)}, rounds=1),
            [Goal(None, most=16)],
        )
