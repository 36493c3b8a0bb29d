"""Work for echo servers: each of them under the same load (S1 to S8)."""

import statistics

from . import peers, programs, syscalls
from .figures import Figure, Goal
from .rounds import take_turns


def compare(settings, group, work, servers, kind, goals, *, unit="messages/s", **options):
    """One figure: `servers` maps names to functions that start one."""
    cpu = {name: [] for name in servers}

    def times():
        return {"warmup_ms": settings.pick(200, 5), "run_ms": settings.pick(1000, 20)}

    def sample(name):
        with servers[name]() as server:
            before = server.cpu_ns()
            counted = programs.load(settings.driver, kind, server.endpoint, **times(), **options)
            after = server.cpu_ns()
        if before is not None and after is not None and counted["all"]:
            cpu[name].append((after - before) / 1e3 / counted["all"])
        amount = counted["bytes"] if unit == "bytes/s" else counted["messages"]
        return amount * 1e9 / counted["ns"]

    def whole_load(server, how_long):
        part = settings.pick(300, 20)
        spent = {"warmup_ms": 0, "run_ms": part * how_long}
        return programs.load(settings.driver, kind, server.endpoint, **spent, **options)["all"]

    entries = take_turns(
        settings, {name: lambda name=name: sample(name) for name in servers}
    )
    for entry in entries:
        if cpu[entry.name] and entry.samples:
            entry.cpu_us_per_message = statistics.median(cpu[entry.name])
        if entry.name in ("netecho", "limit") and entry.samples:
            entry.calls_per_message = syscalls.per_message(servers[entry.name], whole_load)
    return Figure(group, work, unit, entries, goals).compare()


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
