"""Work for echo servers: each of them under the same load (S1 to S8)."""

import statistics
from pathlib import Path

from . import machine, peers, probing, programs, syscalls
from .figures import Entry, Figure, Goal
from .rounds import take_turns


def compare(settings, group, work, servers, kind, goals, *, unit="messages/s", **options):
    """One figure: `servers` maps names to functions that start one."""
    cpu = {name: [] for name in servers}
    lost = dict.fromkeys(servers, 0)
    stamps = options.pop("stamps", ())
    size = "bytes" if kind == "bulk" else "run_ms"
    full = options.pop(size, settings.pick(1000, 20))
    prefix = options.pop("prefix", ())  # Where the load comes from.

    def sample(name):
        with servers[name]() as server:
            before = server.cpu_ns()
            counted = programs.load(
                settings.driver, kind, server.endpoint, prefix=prefix, **_warmup(settings, kind),
                **{size: full}, **options,
            )
            after = server.cpu_ns()
        if before is not None:
            cpu[name].append((after - before) / 1e3 / counted["all"])
        lost[name] += counted["lost"]
        assert counted["stamped"] == (counted["all"] if name in stamps else 0), counted
        amount = counted["bytes"] if unit == "bytes/s" else counted["messages"]
        return amount * 1e9 / counted["ns"]

    def whole_load(server, times):
        spent = {size: full // 4 * times, **_warmup(settings, kind)}
        return programs.load(
            settings.driver, kind, server.endpoint, prefix=prefix, **spent, **options
        )["all"]

    entries = take_turns(settings, {name: lambda name=name: sample(name) for name in servers})
    for entry in entries:
        if not entry.samples:
            continue
        entry.cpu_us = cpu[entry.name]
        if entry.cpu_us:
            entry.cpu_us_per_message = statistics.median(entry.cpu_us)
        if lost[entry.name]:
            entry.note = f"{lost[entry.name]} lost"
        if entry.name.startswith(("netecho", "limit")):
            entry.calls_per_message = syscalls.per_message(servers[entry.name], whole_load)
    return Figure(group, work, unit, entries, goals).compare()


def _warmup(settings, kind):
    if kind == "bulk":
        return {"warmup_bytes": settings.pick(64 << 20, 1 << 20)}
    return {"warmup_ms": settings.pick(200, 5)}


def s1(settings):
    """TCP, many connections, small messages."""
    servers = {
        "netecho": lambda: peers.netecho(settings, "tcp://127.0.0.1:0"),
        "limit": lambda: peers.limit(settings, "tcp", "tcp"),
        "socat": peers.socat_tcp,
        "ncat": peers.ncat_tcp,
        "node": lambda: peers.node("tcp"),
        "asyncio": lambda: peers.asyncio("tcp"),
    }
    goals = [Goal("limit", 0.95), Goal("socat", 2.3), Goal("node", 1.5), Goal("asyncio", 1.5)]
    for connections in (settings.pick(50, 3), settings.pick(1000, 10)):
        for depth in (1, 16):
            yield compare(
                settings, "S1", f"tcp, {connections} connections x 64 B, {depth} deep", servers,
                "ping-pong", goals, connections=connections, depth=depth,
            )


def s2(settings):
    """TCP, one connection, as fast as it goes; a message of the table is 256 KiB."""
    servers = {
        "netecho": lambda: peers.netecho(settings, "tcp://127.0.0.1:0"),
        "limit": lambda: peers.limit(settings, "bulk", "tcp"),
        "socat": peers.socat_tcp,
        "ncat": peers.ncat_tcp,
        "node": lambda: peers.node("tcp"),
        "asyncio": lambda: peers.asyncio("tcp"),
    }
    size = settings.pick(4 << 30, 4 << 20)
    yield compare(
        settings, "S2", f"tcp, one connection, {size >> 20} MiB", servers, "bulk",
        [Goal("limit", 0.95), Goal("socat", 3.5)], unit="bytes/s", bytes=size,
    )


def udp_servers(settings):
    return {
        "netecho": lambda: peers.netecho(settings, "udp://127.0.0.1:0"),
        "limit": lambda: peers.limit(settings, "udp", "udp"),
        "sockperf": peers.sockperf_udp,
        "node": lambda: peers.node("udp"),
        "asyncio": lambda: peers.asyncio("udp"),
        "socat": peers.socat_udp,
        "ncat": peers.missing("ncat -u -e serves one peer and does not keep messages apart"),
    }


def s3(settings):
    """UDP, a window of small messages, each by itself."""
    yield compare(
        settings, "S3", "udp, 256 outstanding x 64 B", udp_servers(settings), "datagrams",
        [Goal("limit", 0.95), Goal("sockperf", 1.2)], window=256,
    )


def s4(settings):
    """The same from a sender that lets the kernel cut trains of them."""
    servers = udp_servers(settings)
    goals = [Goal("limit", 0.9), *(Goal(name, 15) for name in servers if name not in ("netecho", "limit"))]
    yield compare(
        settings, "S4", "udp, 256 outstanding x 64 B, in trains of 64", servers, "datagrams",
        goals, window=256, train=64,
    )


def s5(settings):
    """The three kinds of unix sockets."""
    path = str(settings.folder / "s")
    connections = settings.pick(50, 3)
    streams = {
        "netecho": lambda: peers.netecho(settings, f"unix://{path}"),
        "limit": lambda: peers.limit(settings, "tcp", "unix", path),
        "socat": lambda: peers.socat_unix(path),
        "node": lambda: peers.node("unix", path),
        "asyncio": lambda: peers.asyncio("unix", path),
    }
    records = {
        "netecho": lambda: peers.netecho(settings, f"unixpacket://{path}"),
        "limit": lambda: peers.limit(settings, "unixpacket", "unixpacket", path),
    }
    for scheme, servers in (("unix", streams), ("unixpacket", records)):
        for depth in (1, 16):
            yield compare(
                settings, "S5", f"{scheme}, {connections} connections x 64 B, {depth} deep", servers,
                "ping-pong", [Goal("limit", 0.95)], connections=connections, depth=depth,
            )
    datagrams = {
        "netecho": lambda: peers.netecho(settings, f"unixgram://{path}"),
        "limit": lambda: peers.limit(settings, "unixgram", "unixgram", path),
    }
    # The kernel queues this many for a socket; a server drops the reply that would be one more.
    window = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text())
    yield compare(
        settings, "S5", f"unixgram, {window} outstanding x 64 B", datagrams, "datagrams",
        [Goal("limit", 0.95)], window=window,
    )


def s6(settings):
    """What stamping costs: frames that ask for it, and a server that copies them. And a key."""
    for scheme, kind, work, options in (
        ("tcp", "ping-pong", "50 connections x 64 B, 16 deep", {"connections": 50, "depth": 16}),
        ("udp", "datagrams", "256 outstanding x 64 B", {"window": 256}),
    ):
        endpoint = f"{scheme}://127.0.0.1:0"
        servers = {
            "netecho": lambda: peers.netecho(settings, endpoint),
            "netecho --plain": lambda: peers.netecho(settings, endpoint, "--plain"),
        }
        yield compare(
            settings, "S6", f"{scheme}, {work}, frames to be stamped", servers, kind,
            [Goal("netecho --plain", 0.9)], frames=1, stamps=("netecho",), **options,
        )
    yield _authenticated(settings)


def _authenticated(settings):
    """Both ends compute, so it is netecho's probe that asks."""
    key = settings.folder / "key"
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    cpu = {"netecho": [], "netecho, a key": []}

    def sample(name, *with_key):
        with peers.netecho(settings, "udp://127.0.0.1:0", *with_key) as server:
            before = server.cpu_ns()
            summary = probing.netecho_probe(
                settings, server.endpoint, "--flood", "--window", "256", "-s", "72",
                "--duration", settings.pick("1s", "50ms"), *with_key,
            )
            assert summary["authenticated"] == bool(with_key), summary
            cpu[name].append((server.cpu_ns() - before) / 1e3 / summary["received_total"])
        return summary["received_total"] * 1e9 / summary["duration_ns"]

    entries = take_turns(
        settings,
        {
            "netecho": lambda: sample("netecho"),
            "netecho, a key": lambda: sample("netecho, a key", "--key-file", key),
        },
    )
    for entry in entries:
        if entry.samples:
            entry.cpu_us_per_message = statistics.median(cpu[entry.name])
    return Figure("S6", "udp, 256 outstanding x 72 B, probe --flood", "round trips/s", entries).compare()


def s7(settings):
    """The memory of connections that are silent."""
    for connections in settings.pick((1000, 5000, 15_000), (200,)):
        yield _idle(settings, connections)


def _idle(settings, connections):
    servers = {
        "netecho": lambda: peers.netecho(settings, "tcp://127.0.0.1:0", "-m", connections + 10),
        "node": lambda: peers.node("tcp"),
        "asyncio": lambda: peers.asyncio("tcp"),
    }

    def sample(name):
        with servers[name]() as server:
            # What the first few cost is not what each costs.
            few = connections // 10
            with programs.idle(settings.driver, server.endpoint, few):
                before = server.memory_kib()
            with programs.idle(settings.driver, server.endpoint, connections):
                return (server.memory_kib() - before) * 1024 / (connections - few)

    work = {name: lambda name=name: sample(name) for name in servers}
    entries = take_turns(settings, work, rounds=1)
    for entry in entries:
        if entry.samples:
            entry.note = f"100,000: {entry.median * 100_000 / 2**20:.0f} MiB"
    return Figure(
        "S7", f"tcp, {connections:,} idle connections", "B of private memory each", entries,
        [Goal(None, most=300)],
    )


def s8(settings):
    """Threads: no loss where the load has but one core; more where there are more.

    Here all share all cores, so that two that serve take some of what the load had with one. What
    that costs shows where the servers are two processes that have nothing in common.
    """
    endpoint = "tcp://127.0.0.1:0"
    servers = {
        "netecho": lambda: peers.netecho(
            settings, endpoint, "--threads", "2", cpus=machine.ALL_CPUS
        ),
        "netecho, 1 thread": lambda: peers.netecho(settings, endpoint, cpus=machine.ALL_CPUS),
        "limit, 2 processes": lambda: peers.limit(
            settings, "tcp_two", "tcp", cpus=machine.ALL_CPUS, forks=True
        ),
        "limit": lambda: peers.limit(settings, "tcp", "tcp", cpus=machine.ALL_CPUS),
    }
    connections = settings.pick(50, 4)
    yield compare(
        settings, "S8", f"tcp, {connections} connections x 64 B, 1 deep, --threads 2", servers,
        "ping-pong", [Goal("netecho, 1 thread", 0.95), Goal("limit, 2 processes", 0.95)],
        connections=connections, depth=1,
    )


def growth(settings):
    """Does a message cost more when there are more connections?"""
    for connections in settings.pick((1, 10, 100, 1000, 10_000), (1, 10)):
        servers = {
            "netecho": lambda: peers.netecho(settings, "tcp://127.0.0.1:0", "-m", 10_100),
            "limit": lambda: peers.limit(settings, "tcp", "tcp"),
        }
        figure = compare(
            settings, "GROWTH", f"tcp, {connections:,} connections x 64 B, 1 deep", servers,
            "ping-pong", [], connections=connections, depth=1,
        )
        yield figure
        yield cost_of(figure, [Goal("limit", most=0.8)] if connections == 10_000 else [])


def cost_of(figure, goals):
    """What a message cost the servers of another figure."""
    entries = [Entry(each.name, each.cpu_us) for each in figure.entries if each.cpu_us]
    unit = "us of processor time a message"
    return Figure(figure.group, figure.work, unit, entries, goals).compare()
