"""Work for one process with many targets: what each of them, and each probe, costs it (N)."""

import json
import statistics
import time
from functools import partial

from . import machine, peers, programs
from .figures import Entry, Figure, Goal
from .rounds import take_turns

PER_SECOND = 1000  # Probes to all targets together, however many there are.
SPUN_FOR = 64  # To so many targets netecho spins before each probe (core/probe); to more it sleeps.
COST, RTT = "us of processor time a probe", "us, median round trip"
MEMORY, EACH = "KiB of private memory", "KiB of private memory a target"


def n(settings):
    """As many probes a second to 1 and to 5,000: does one cost the same?"""
    counts = settings.pick((1, 10, 100, 1000, 5000), (1, 70))
    programs_of = {"netecho": probe, "limit": limit}
    samples = {
        f"{name}, {count}": partial(run, settings, count)
        for count in counts for name, run in programs_of.items()
    }
    entries = {each.name: each for each in take_turns(settings, samples)}
    for count in counts[1:]:
        # The fewest that are waited for in the same way.
        alike = next((fewer for fewer in counts if SPUN_FOR < fewer < count), None)
        yield from compare(entries, count, alike)


def compare(entries, count, alike):
    """A figure for each unit. `entries`: what was measured, by "program, number of targets"; `alike`:
    one more number that this one is to cost no more than, or None."""

    def entry(name, unit, number, program="netecho"):
        of = entries[f"{program}, {number}"]
        return Entry(name, [sample[unit] for sample in of.samples], of.not_available)

    work = f"udp, {count:,} targets, {PER_SECOND:,} probes a second in all"
    fewer = {"one target": 1} | ({f"{alike:,} targets": alike} if alike else {})
    costs = [entry(name, COST, number) for name, number in fewer.items()]
    yield Figure(
        "N", work, COST,
        [entry("netecho", COST, count), *costs, entry("limit", COST, count, "limit")],
        [Goal(name, most=1.3) for name in fewer],
    ).compare()
    yield Figure(
        "N", work, RTT,
        [entry("netecho", RTT, count), entry("one target", RTT, 1), entry("limit", RTT, count, "limit")],
        [Goal("one target", most=1.5)],
    ).compare()
    many, one = entry("netecho", MEMORY, count), entry("netecho", MEMORY, 1)
    each = [(mine - its) / (count - 1) for mine, its in zip(many.samples, one.samples)]
    why_not = many.not_available or one.not_available
    yield Figure("N", work, EACH, [Entry("netecho", each, why_not)], [Goal(None, most=40)])


def _server(settings, count):
    programs.need_descriptors(count)
    return peers.netecho(settings, "udp://0.0.0.0:0")


def limit(settings, count):
    """{unit: figure} of the plain loop."""
    with _server(settings, count) as server:
        port = server.endpoint.rpartition(":")[2]
        gap_ns, probes = 1_000_000_000 // PER_SECOND, settings.pick(2000, 200)
        loop = [settings.limit("targets"), port, count, gap_ns, probes]
        said = programs.run(loop, cpus=machine.LOAD_CPUS).split()
    return dict(zip((COST, RTT), (int(ns) / 1000 for ns in said)))


def endpoints(port, count):
    """All of 127.0.0.0/8 is this machine."""
    hosts = (f"127.1.{number // 200}.{number % 200 + 1}" for number in range(count))
    return [f"udp://{host}:{port}" for host in hosts]


def probe(settings, count):
    """{unit: figure} of one run. Its time and memory are those of a stretch in its midst: opening
    sockets and telling results are no part of a probe."""
    interval = count / PER_SECOND
    settle = max(interval, settings.pick(1, 0.1))  # Each target has its first probe meanwhile.
    stretch = settings.pick(5, 0.2)
    # An odd number, so that the median of few is the one in their midst.
    probes = int((settle + stretch + settings.pick(2, 1)) / interval) | 1
    with _server(settings, count) as server:
        targets = endpoints(server.endpoint.rpartition(":")[2], count)
        command = [settings.netecho, "probe", *targets, "-i", f"{count * 1000 // PER_SECOND}ms"]
        command += ["-c", probes, "--json", "-q"]
        with programs.Running(command, cpus=machine.LOAD_CPUS) as running:
            running.wait_for(lambda: running.descriptors() > count)
            time.sleep(settle)
            cpu, begin = running.cpu_ns(), time.monotonic()
            time.sleep(stretch)
            spent, seconds = running.cpu_ns() - cpu, time.monotonic() - begin
            if running.process.poll() is not None:
                raise programs.NotAvailable("ended before it was measured")
            memory = running.memory_kib()
            told = json.loads(running.finish())["targets"]
    sent, scheduled = (sum(each[f"{name}_total"] for each in told) for name in ("sent", "scheduled"))
    medians = [each["rtt_ns"]["p50"] for each in told]
    if silent := medians.count(None):
        raise programs.NotAvailable(f"{silent} of {count} targets gave no reply")
    return {
        COST: spent / 1000 / (PER_SECOND * seconds * sent / scheduled),
        RTT: statistics.median(medians) / 1000,
        MEMORY: memory,
    }
