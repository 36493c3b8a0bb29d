"""Two servers that are made to answer each other stop by themselves. Needs root."""

import socket

import pytest
from fixtures import needs_root
from hosts import two_hosts
from netecho import PROJECT, eventually, serve
from raw import forge

pytestmark = needs_root


def ends_of(*servers):
    """(address, port) of each, as somebody on the same host writes it."""
    here = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}
    for server in servers:
        host, _, port = server.endpoint.partition("://")[2].rpartition(":")
        yield here.get(host, host).strip("[]"), int(port)


def datagrams(*servers, last):
    """How many there were, once one was dropped for this reason, which ends the loop."""
    def ended():
        return [e for s in servers for e in s.events("datagram") if e["reason"] == last]

    eventually(ended, f"a datagram is dropped as {last}")
    assert [s.stop() for s in servers] == [0] * len(servers)
    stopped = [s.events("stopped")[0]["endpoints"] for s in servers]
    return sum(e["rx_messages_total"] for endpoints in stopped for e in endpoints)


@pytest.mark.parametrize("one, other", [
    ("127.0.0.1", "127.0.0.1"),
    ("127.0.0.1", "127.0.0.2"),
    ("0.0.0.0", "127.0.0.1"),
    ("[::1]", "[::1]"),
    ("[::]", "[::]"),
])
@pytest.mark.parametrize("hops, total", [(255, 2), (64, 2), (2, 2), (253, 1)])
def test_on_one_host_a_forged_datagram_makes_two_at_most(one, other, hops, total):
    with serve(f"udp://{one}:0", "--json", "--trace") as first, serve(
            f"udp://{other}:0", "--json", "--trace") as second:
        source, target = ends_of(first, second)
        forge(source, target, hops=hops)
        assert datagrams(first, second, last="loop") == total


def test_a_server_does_not_talk_to_itself():
    with serve("udp://127.0.0.1:0", "udp://127.0.0.1:0", "--json", "--trace") as server:
        (itself,) = ends_of(server)
        forge(itself, itself)
        assert datagrams(server, last="loop") == 2


def forge_at(host, source, target, hops=255):
    host.run("python3", PROJECT / "tests/support/raw.py", *source, *target, hops)


@pytest.mark.parametrize("family", [4, 6])
def test_between_two_hosts_the_hops_run_out(family):
    with two_hosts() as (one, other):
        def bind(host):
            return f"udp4://{host.v4}:0" if family == 4 else f"udp6://[{host.v6}]:0"

        with one.serve(bind(one), "--json", "--trace") as first, other.serve(
                bind(other), "--json", "--trace") as second:
            source, target = ends_of(first, second)
            forge_at(one, source, target)
            # The reply to it starts with 64 hops, the one with a single hop left is the last.
            assert datagrams(first, second, last="ttl") == 65


@pytest.mark.parametrize("family", [4, 6])
def test_all_addresses_of_a_host_are_the_same_host(family):
    with two_hosts() as (host, _):
        bind, address = ("udp4://0.0.0.0:0", host.v4) if family == 4 else ("udp6://[::]:0", host.v6)
        with host.serve(bind, "--json", "--trace") as first, host.serve(
                bind, "--json", "--trace") as second:
            forge_at(host, (address, first.port), ("127.0.0.1" if family == 4 else "::1", second.port))
            assert datagrams(first, second, last="loop") == 2


def test_an_address_that_came_later_is_this_host_too():
    with two_hosts() as (host, _), host.serve("udp4://0.0.0.0:0", "--json", "--trace") as server:
        host.ip("address", "add", "10.99.0.1/32", "dev", "lo")

        def known():
            # Hops that only a server of this host starts with: dropped once the address is known.
            forge_at(host, ("10.99.0.1", 4000), (host.v4, server.port), hops=253)
            return [e for e in server.events("datagram") if e["reason"] == "loop"]

        eventually(known, "the address is this host's")


# asm-generic/socket.h, linux/in.h, linux/net_tstamp.h: what Python's socket has no names for.
SO_TIMESTAMPNS, SO_TIMESTAMPING, SO_RCVMARK = 35, 37, 82
STAMPS_AND_INTERFACE = 1 << 3 | 1 << 4 | 1 << 13 | 1 << 14
IP_RECVOPTS, IP_RETOPTS, IP_RECVTOS, IP_RECVORIGDSTADDR, IPV6_RECVORIGDSTADDR = 6, 7, 13, 20, 74
TALKATIVE = {
    socket.AF_INET: (socket.IPPROTO_IP,
                     [IP_RECVOPTS, IP_RETOPTS, IP_RECVTOS, IP_RECVORIGDSTADDR]),
    socket.AF_INET6: (socket.IPPROTO_IPV6,
                      [socket.IPV6_RECVTCLASS, socket.IPV6_RECVRTHDR, socket.IPV6_RECVHOPOPTS,
                       socket.IPV6_RECVDSTOPTS, IPV6_RECVORIGDSTADDR]),
}


def talkative_socket(family, address):
    """One that its maker wanted to hear everything from: stamps, marks, options, addresses."""
    out = socket.socket(family, socket.SOCK_DGRAM)
    out.bind((address, 0))
    for option, value in ((SO_TIMESTAMPNS, 1), (SO_TIMESTAMPING, STAMPS_AND_INTERFACE), (SO_RCVMARK, 1)):
        out.setsockopt(socket.SOL_SOCKET, option, value)
    level, options = TALKATIVE[family]
    for option in options:
        out.setsockopt(level, option, 1)
    return out


@pytest.mark.parametrize("family, address", [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")])
def test_an_inherited_socket_that_tells_more_than_needed_tells_the_mark_too(family, address):
    with talkative_socket(family, address) as one, talkative_socket(family, address) as other:
        with serve(f"fd:{one.fileno()}", "--json", "--trace", pass_fds=[one.fileno()]) as first, serve(
                f"fd:{other.fileno()}", "--json", "--trace", pass_fds=[other.fileno()]) as second:
            source, target = ends_of(first, second)
            forge(source, target)
            assert datagrams(first, second, last="loop") == 2
