"""Work for echo servers: each of them under the same load (S1 to S8)."""

import statistics
from pathlib import Path

from . import peers, programs, syscalls
from .figures import Figure, Goal
from .rounds import take_turns


def compare(settings, group, work, servers, kind, goals, *, unit="messages/s", **options):
    """One figure: `servers` maps names to functions that start one."""
    cpu = {name: [] for name in servers}
    lost = dict.fromkeys(servers, 0)
    size = "bytes" if kind == "bulk" else "run_ms"
    full = options.pop(size, settings.pick(1000, 20))

    def sample(name):
        with servers[name]() as server:
            before = server.cpu_ns()
            counted = programs.load(
                settings.driver, kind, server.endpoint, **_warmup(settings, kind), **{size: full}, **options
            )
            after = server.cpu_ns()
        if before is not None:
            cpu[name].append((after - before) / 1e3 / counted["all"])
        lost[name] += counted["lost"]
        amount = counted["bytes"] if unit == "bytes/s" else counted["messages"]
        return amount * 1e9 / counted["ns"]

    def whole_load(server, times):
        spent = {size: full // 4 * times, **_warmup(settings, kind)}
        return programs.load(settings.driver, kind, server.endpoint, **spent, **options)["all"]

    entries = take_turns(settings, {name: lambda name=name: sample(name) for name in servers})
    for entry in entries:
        if not entry.samples:
            continue
        if cpu[entry.name]:
            entry.cpu_us_per_message = statistics.median(cpu[entry.name])
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
