"""Work for the other families (F): frames of Ethernet and pings between two hosts on one cable, and MPTCP."""

import json
import re
import statistics
from functools import partial
from pathlib import Path

from . import machine, network, peers, probing, programs, serving
from .figures import Entry, Figure, Goal
from .programs import NotAvailable, Server, need
from .rounds import take_turns

WINDOW = 256
NO_LIMIT = 1_000_000_000  # A rate: the rule is on, and never applies.


def f(settings):
    """Servers and probes by frames, probes by pings, MPTCP."""
    with network.two_hosts() as (client, server):
        for scheme in ("packet", "ipx"):
            if not knows(settings, scheme):
                yield _left_out(scheme, f"this netecho does not know {scheme}")
                continue
            link = Link(settings, scheme, client, server)
            yield _serve(link)
            yield from (_round_trips(link, wait) for wait in ("block", "spin"))
            yield _flood(link)
        for access in ("icmp", "icmp-raw"):
            allowed = "everybody" if access == "icmp" else "nobody"
            client.allow_ping_sockets_to(allowed)
            pings = Pings(settings, access, client, server)
            yield from (_round_trips(pings, wait) for wait in ("block", "spin"))
            yield _flood(pings)
        client.allow_ping_sockets_to("everybody")
        yield from _beside_ping(pings, 1, settings.pick(1000, 20))
        yield from _beside_ping(pings, 20, settings.pick(100, 5))
        yield _ten_thousand(pings)
    yield from _mptcp(settings)


def knows(settings, scheme):
    """Whether this netecho has such endpoints."""
    told = json.loads(programs.run([settings.netecho, "families", "--json"]))
    return any(scheme in each["schemes"] for each in told["families"])


def _left_out(work, reason):
    return Figure("F", work, "left out", [Entry(work, not_available=reason)])


class Link:
    """Frames: the server is a program, netecho's or the least that there can be."""

    def __init__(self, settings, scheme, client, server):
        self.settings = settings
        self.work = scheme
        self.client = client
        self._scheme = scheme
        self._server = server
        self.load_endpoint = f"{scheme}://{network.INTERFACE}/{server.mac}"
        node = server.mac.replace(":", "")
        self.endpoint = {
            "packet": self.load_endpoint,
            "ipx": f"ipx://{network.INTERFACE}/00000000.{node}:0002",
        }[scheme]

    def start(self, name):
        """netecho's server, or that of the C loop."""
        if name == "netecho":
            endpoint = f"{self._scheme}://{network.INTERFACE}"
            command = [self.settings.netecho, "serve", "--udp-max-rate", NO_LIMIT, endpoint]
        else:
            command = [self.settings.limit(self._scheme), network.INTERFACE]
        started = Server(self._scheme, [*self._server.prefix, *command], path=network.INTERFACE)
        started.endpoint = self.load_endpoint
        return started

    def answered(self):
        """Inside the block somebody answers: for all clients the same."""
        return self.start("limit")


class Pings:
    """ICMP: the kernel answers by itself. `icmp` is by a ping socket, `icmp-raw` by a raw one."""

    def __init__(self, settings, access, client, server):
        self.settings = settings
        self.work = "icmp, " + ("a ping socket" if access == "icmp" else "a raw socket")
        self.client = client
        self.endpoint = f"icmp://{server.address}"
        self.address = server.address
        self.load_endpoint = f"{access}://{server.address}"

    def answered(self):
        return _Nothing()


class _Nothing:
    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def _serve(link):
    """Messages a second, and what each costs."""
    servers = {name: partial(link.start, name) for name in ("netecho", "limit")}
    return serving.compare(
        link.settings, "F", f"serve {link.work}, {WINDOW} outstanding x 64 B", servers, "datagrams",
        [Goal("limit", 0.9)], prefix=link.client.prefix, window=WINDOW, batch=32,
    )


def _load(target, kind, **options):
    """The driver's own figures of a load from the client."""
    with target.answered():
        return programs.load(
            target.settings.driver, kind, target.load_endpoint, prefix=target.client.prefix, **options
        )


def _probe(target, *options):
    """The summary of netecho's probe from the client."""
    with target.answered():
        return probing.netecho_probe(
            target.settings, target.endpoint, *options, prefix=target.client.prefix
        )


def _round_trips(target, wait):
    """As P1, the median of round trips one at a time."""
    count = target.settings.pick(20_000, 50)
    warmup = target.settings.pick(200, 5)

    def netecho():
        summary = _probe(target, "--flood", "--wait", wait, "-c", count, "--warmup", warmup)
        return summary["rtt_ns"]["p50"] / 1000

    def limit():
        spin = int(wait == "spin")
        return _load(target, "round-trips", count=count, warmup=warmup, spin=spin)["p50"] / 1000

    return Figure(
        "F", f"{target.work}, 64 B, one at a time, {wait}", "us, median round trip",
        take_turns(target.settings, {"netecho": netecho, "limit": limit}),
        [Goal("limit", most=1.03, slack=0.15)],
    ).compare()


def _flood(target):
    """As P3, as many as come back."""
    seconds = target.settings.pick(1, 0.05)
    lost = {"netecho": 0, "limit": 0}

    def netecho():
        summary = _probe(target, "--flood", "--window", WINDOW, "--duration", f"{seconds}s")
        lost["netecho"] += summary["lost_total"]
        return summary["received_total"] * 1e9 / summary["duration_ns"]

    def limit():
        counted = _load(
            target, "datagrams", window=WINDOW, batch=32, warmup_ms=0, run_ms=int(seconds * 1000)
        )
        lost["limit"] += counted["lost"]
        return counted["messages"] * 1e9 / counted["ns"]

    entries = take_turns(target.settings, {"netecho": netecho, "limit": limit})
    for entry in entries:
        entry.note = f"{lost[entry.name]} lost" if lost[entry.name] else None
    return Figure(
        "F", f"{target.work}, 64 B, {WINDOW} outstanding", "round trips/s", entries,
        [Goal("limit", 0.9)],
    ).compare()


def _mptcp(settings):
    """As S1 and P1, over the loopback: what of tcp's figures MPTCP keeps."""
    enabled = Path("/proc/sys/net/mptcp/enabled")
    if not enabled.exists() or enabled.read_text().strip() != "1":
        yield _left_out("mptcp", "this kernel has no MPTCP, or it is off (sysctl net.mptcp.enabled)")
        return
    servers = {
        "netecho": lambda: peers.netecho(settings, "mptcp://127.0.0.1:0"),
        "limit": lambda: peers.limit(settings, "mptcp", "mptcp"),
    }
    connections = settings.pick(50, 3)
    for depth in (1, 16):
        yield serving.compare(
            settings, "F", f"mptcp, {connections} connections x 64 B, {depth} deep", servers,
            "ping-pong", [Goal("limit", 0.9)], connections=connections, depth=depth,
        )
    yield from (probing.round_trips(settings, "mptcp", wait, group="F") for wait in ("block", "spin"))


def _run(pings, program, *arguments):
    """What ping or fping prints, on the core that the other clients have."""
    command = [*pings.client.prefix, need(program), *arguments, pings.address]
    return programs.run(command, cpus=machine.LOAD_CPUS)


def median_us(pattern, text):
    """The median of round trips that are told in ms, one a reply."""
    found = [float(each) * 1000 for each in re.findall(pattern, text)]
    if not found:
        raise NotAvailable("told no round trip")
    return statistics.median(found)


def _beside_ping(pings, interval_ms, count):
    """The medians as each program gives them by default; then netecho's with the kernel's stamps.

    ping and fping take a reply's time from the kernel, netecho and `ping -U` read the clock once
    they have it. Between pings a millisecond apart ping spins, which keeps its caches warm, as
    `--wait spin` does; 20 ms apart it sleeps.
    """

    def netecho(*options, figure="rtt_ns"):
        summary = _probe(pings, "-i", f"{interval_ms}ms", "-c", count, *options)
        return summary[figure]["p50"] / 1000

    def ping(*options):
        said = _run(
            pings, "ping", "-n", "-i", interval_ms / 1000, "-c", count, "-s", 64, *options
        )
        return median_us(r"time=([\d.]+) ms", said)

    def fping():
        said = _run(pings, "fping", "-C", count, "-p", interval_ms, "-i", 0.1, "-t", 1000, "-b", 64)
        return median_us(r" bytes, ([\d.]+) ms", said)

    work = f"icmp, 64 B, every {interval_ms} ms"
    unit = "us, median round trip"
    peers = {"ping": ping, "fping": fping}
    goals = [Goal(name, most=1) for name in peers]
    by_clock = {
        "netecho": netecho,
        "netecho, spin": partial(netecho, "--wait", "spin"),
        "ping -U": partial(ping, "-U"),
        **peers,
    }
    by_kernel = {
        "netecho": partial(netecho, "--timestamps", "kernel", figure="rtt_kernel_ns"),
        **peers,
    }
    yield Figure(
        "F", work, unit, take_turns(pings.settings, by_clock), [Goal("ping -U", most=1), *goals]
    ).compare()
    yield Figure(
        "F", f"{work}, --timestamps kernel", unit, take_turns(pings.settings, by_kernel), goals
    ).compare()


def _ten_thousand(pings):
    """One process, ten thousand a second: does each come back?"""
    seconds = pings.settings.pick(2, 0.1)
    sent = {"netecho": 0, "fping": 0}

    def netecho():
        summary = _probe(pings, "--rate", "10000", "--duration", f"{seconds}s")
        sent["netecho"] += summary["sent_total"]
        return summary["lost_total"]

    def fping():
        count = int(seconds * 10_000)
        options = ("-p", 0.1, "-i", 0.01, "-t", 1000, "-b", 64)
        said = _run(pings, "fping", "-C", count, *options)
        sent["fping"] += count
        return count - len(re.findall(r" bytes, [\d.]+ ms", said))

    entries = take_turns(pings.settings, {"netecho": netecho, "fping": fping})
    for entry in entries:
        due = int(seconds * 10_000) * pings.settings.rounds
        entry.note = f"{sent[entry.name]} sent of {due}"
    return Figure(
        "F", f"icmp, 64 B, 10,000 a second for {seconds} s", "probes lost", entries,
        [Goal(None, most=0)],
    )
