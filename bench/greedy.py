#!/usr/bin/env python3
"""What a greedy peer costs the others: 100 connections are probed while one more sends and reads as
fast as it can. netecho serve beside the plain C loop of bench/limit/tcp_echo.c, in turns.

Usage: bench/greedy.py [ROUNDS]; needs a compiler for C, and NETECHO_BIN or build/release.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
NETECHO = os.environ.get("NETECHO_BIN", str(PROJECT / "build/release/cmd/netecho"))
SECONDS = 2


def compiled(folder):
    program = Path(folder, "tcp_echo")
    subprocess.run(
        ["cc", "-O2", "-o", program, PROJECT / "bench/limit/tcp_echo.c"], check=True, timeout=60
    )
    return program


def started(command):
    """(process, port): both servers print their endpoint or port when they are ready."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    return process, int(process.stdout.readline().rpartition(":")[2])


def p99_beside_greedy(command, folder):
    """In nanoseconds, over all 100 connections."""
    server, port = started(command)
    endpoint = f"tcp://127.0.0.1:{port}"
    # Sixteen MiB, checked byte for byte, again and again over one connection.
    data = Path(folder, "data")
    data.write_bytes(os.urandom(1 << 20) * 16)
    greedy = subprocess.Popen(
        [NETECHO, "send", endpoint, "-f", data, "-c", "1000000", "-q"], stdout=subprocess.DEVNULL
    )
    try:
        time.sleep(0.2)  # It is under way; nothing depends on how far.
        done = subprocess.run(
            [NETECHO, "probe", endpoint, "--parallel", "100", "-i", "50ms",
             "-c", str(SECONDS * 20), "--json"],
            capture_output=True, check=True, timeout=60,
        )
        assert greedy.poll() is None, "the greedy peer has ended"
        [every] = json.loads(done.stdout)["targets"]
        return every["rtt_ns"]["p99"]
    finally:
        for process in (greedy, server):
            process.kill()
            process.wait()


def compare(rounds):
    """The medians of (netecho, the plain loop)."""
    with tempfile.TemporaryDirectory() as folder:
        servers = {
            "netecho": [NETECHO, "serve", "tcp://127.0.0.1:0"],
            "plain": [compiled(folder)],
        }
        p99 = {name: [] for name in servers}
        for _ in range(rounds):
            for name, command in servers.items():
                p99[name].append(p99_beside_greedy(command, folder))
    return statistics.median(p99["netecho"]), statistics.median(p99["plain"])


def main():
    netecho, plain = compare(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
    print("p99 of the round trips of 100 connections beside a greedy one")
    print(f"  netecho serve          {netecho / 1e6:8.3f} ms")
    print(f"  plain C loop, 64 KiB   {plain / 1e6:8.3f} ms")
    print(f"  ratio                  {netecho / plain:8.2f}")


if __name__ == "__main__":
    main()
