"""Several hosts: network namespaces joined by cables (veth), with programs in each. Needs root.

Everything goes away with the processes that hold the namespaces, whatever happens to the test.
"""

import contextlib
import subprocess
import tempfile
from pathlib import Path

import pytest

from netecho import Server, environment, eventually, netecho, running
from programs import need, need_own_mounts, network


class Host:
    """A namespace. `v4` and `v6` are its address on the cable plugged in last, `wire` its end."""

    def __init__(self, prefix, pid):
        self.prefix = prefix
        self.pid = pid
        self.v4 = self.v6 = self.wire = None

    def run(self, *args):
        """A command as this host; its stdout."""
        done = subprocess.run(
            [*self.prefix, need(args[0]), *map(str, args[1:])],
            capture_output=True, text=True, env=environment(), timeout=20, check=False,
        )
        assert done.returncode == 0, f"{args} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def ip(self, *args):
        return self.run("ip", *args)

    def shell(self, *lines):
        """Several at once: a program costs a while where everything else runs, too."""
        return self.run("sh", "-e", "-c", "\n".join(lines))

    def dropping(self, hook, rule):
        """Inside the block nftables drops what `rule` matches at this hook (input, output)."""
        return self.filtering(hook, f"{rule} counter drop")

    @contextlib.contextmanager
    def filtering(self, hook, rule):
        need("nft")
        self.shell(
            "nft -f - <<'END'",
            "table inet test {",
            "chain it {",
            f"type filter hook {hook} priority 0",
            rule,
            "}",
            "}",
            "END",
        )
        try:
            yield
        finally:
            self.run("nft", "flush", "ruleset")

    @contextlib.contextmanager
    def changed(self, to, back):
        """One command; the other after the block, so that a test that fails leaves no trace."""
        self.shell(to)
        try:
            yield
        finally:
            self.shell(back)

    @contextlib.contextmanager
    def unplugged(self, other):
        """Inside the block the cable to the other host is out at this end. After it both families
        reach that host again, which takes IPv6 a second where its first question is lost."""
        link = f"ip link set {self.wire}"
        with self.changed(f"{link} down", f"{link} up"):
            yield
        wait_for_link(self, other)

    def narrow(self, mtu):
        """The wire, which is as wide again afterwards as it was made."""
        link = f"ip link set {self.wire} mtu"
        return self.changed(f"{link} {mtu}", f"{link} 1500")

    def cut_trains_up(self):
        """Messages that leave as a train arrive as packets of their own, each to be dropped."""
        self.ip("link", "set", self.wire, "gso_max_segs", 1)

    def dropped(self):
        """How many packets that were."""
        rules = self.run("nft", "list", "table", "inet", "test").split()
        return int(rules[rules.index("packets") + 1])

    def serve(self, *args, **popen):
        return Server(args, prefix=self.prefix, **popen)

    def netecho(self, *args, **popen):
        return netecho(*args, prefix=self.prefix, **popen)

    def running(self, *args, **popen):
        return running(*args, prefix=self.prefix, **popen)

    def reaches(self, address):
        """Whether a datagram gets there, and the refusal of it back."""
        done = self.netecho("probe", f"udp://{address}:9", "-c1", "-W", "200ms", "--json")
        return done.json["targets"][0]["refused_total"] == 1


@contextlib.contextmanager
def hosts(count):
    with contextlib.ExitStack() as stack:
        yield [Host(*stack.enter_context(network())) for _ in range(count)]


def plug(one, other, number=0):
    """Joins two hosts by a cable with addresses of both families."""
    name = f"wire{number}"
    for end, host in enumerate((one, other), 1):
        host.wire, host.v4, host.v6 = name, f"10.213.{number}.{end}", f"fd00:213:{number}::{end}"
    one.ip("link", "add", "name", name, "type", "veth", "peer", "name", name, "netns", other.pid)
    for host in (one, other):
        # That a port is closed is told as often as it is asked; addresses of IPv6 can be used at
        # once (no detection of duplicates), and stay when the link goes down.
        host.shell(
            "echo 0 >/proc/sys/net/ipv4/icmp_ratelimit",
            "echo 0 >/proc/sys/net/ipv6/icmp/ratelimit",
            f"echo 1 >/proc/sys/net/ipv6/conf/{name}/keep_addr_on_down",
            f"ip address add {host.v4}/24 dev {name}",
            f"ip address add {host.v6}/64 dev {name} nodad",
            f"ip link set {name} up",
        )


def wait_for_link(one, other):
    eventually(lambda: one.reaches(other.v4) and one.reaches(f"[{other.v6}]"), "a link")


@contextlib.contextmanager
def two_hosts():
    with hosts(2) as (one, other):
        plug(one, other)
        wait_for_link(one, other)
        yield one, other


@contextlib.contextmanager
def hosts_with_a_router_between():
    """(client, router, server): what the router does to packets shows at the ends only by ICMP."""
    with hosts(3) as (client, router, server):
        router.shell("echo 1 >/proc/sys/net/ipv4/ip_forward",
                     "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
        for number, end in enumerate((client, server)):
            plug(end, router, number)
            end.shell(f"ip route add default via {router.v4}",
                      f"ip -6 route add default via {router.v6}")
        wait_for_link(client, server)
        yield client, router, server


@contextlib.contextmanager
def own_names():
    """(prefix of a command, names(text)): a program that reads an /etc/hosts of its own, with this text."""
    with tempfile.NamedTemporaryFile("w") as file:

        def names(text):
            file.seek(0)
            file.truncate()
            file.write(text)
            file.flush()

        yield _reading(file, "/etc/hosts"), names


@contextlib.contextmanager
def asking(host, name_server):
    """The same host, which asks this server for names."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.write(f"nameserver {name_server}\noptions timeout:30\n")
        file.flush()
        yield Host([*host.prefix, *_reading(file, "/etc/resolv.conf")], host.pid)


def _reading(file, path):
    """A prefix for a command that is to read this file at the path of another."""
    need_own_mounts()
    if not Path(path).exists():
        pytest.skip(f"there is no {path} that another could stand for")
    return ["unshare", "--mount", "sh", "-c", f'mount --bind "$0" {path} && exec "$@"', file.name]
