"""Two hosts of the bench's own: network namespaces, joined by a cable (veth). Needs root.

Both go away with the processes that hold them, and those end with this one.
"""

import contextlib
import os
import re
import subprocess
from dataclasses import dataclass

from .programs import NotAvailable, need

INTERFACE = "nb0"  # At either end.


@dataclass
class Host:
    """One end. `address` is of 198.18.0.0/15, which is for benchmarks (RFC 2544)."""

    pid: int
    address: str
    mac: str = ""

    @property
    def prefix(self):
        """In front of a command that is to run there; it becomes that command."""
        return ["nsenter", "-t", str(self.pid), "-n"]

    def run(self, *lines):
        done = subprocess.run(
            [*self.prefix, "sh", "-e", "-c", "\n".join(lines)],
            capture_output=True, text=True, check=False, timeout=20,
        )
        if done.returncode != 0:
            raise NotAvailable(f"no two hosts here: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def allow_ping_sockets_to(self, whom):
        """everybody or, as the kernel has it where nobody says otherwise, nobody."""
        groups = {"everybody": "0 2147483647", "nobody": "1 0"}[whom]
        self.run(f"echo '{groups}' >/proc/sys/net/ipv4/ping_group_range")


@contextlib.contextmanager
def _namespace(address):
    """It lasts as long as a shell that waits for the end of its input."""
    keeper = subprocess.Popen(
        ["unshare", "-n", "sh", "-c", "ip link set lo up && echo up && read -r _"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    try:
        if keeper.stdout.readline() != b"up\n":
            raise NotAvailable(f"no network namespace here: {keeper.stderr.read().decode().strip()}")
        yield Host(keeper.pid, address)
    finally:
        keeper.stdin.close()
        keeper.wait(5)
        keeper.stdout.close()
        keeper.stderr.close()


@contextlib.contextmanager
def two_hosts():
    """(client, server), which reach each other. IPv6 is off: it would send frames of its own."""
    if os.geteuid() != 0:
        raise NotAvailable("needs root, for network namespaces")
    for program in ("unshare", "nsenter", "ip"):
        need(program)
    with _namespace("198.18.0.1") as client, _namespace("198.18.0.2") as server:
        end = f"{INTERFACE} type veth peer name {INTERFACE} netns {server.pid}"
        client.run(f"ip link add name {end}")
        for host in (client, server):
            told = host.run(
                "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6 || :",
                f"ip address add {host.address}/30 dev {INTERFACE}",
                f"ip link set {INTERFACE} up",
                f"ip -o link show {INTERFACE}",
            )
            host.mac = re.search(r"link/ether ([0-9a-f:]+)", told)[1]
        yield client, server
