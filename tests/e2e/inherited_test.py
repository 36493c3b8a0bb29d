"""`serve fd:N`: sockets that a parent opened."""

import socket

import pytest
from ctp import ETHERTYPE
from hosts import hosts
from netecho import complains, netecho
from pings import allow
from schema import check
from wires import inside


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize("spellings", [("fd:{}", "fd:{}"), ("fd://{}", "fd:00{}")])
def test_a_descriptor_that_two_endpoints_name_is_a_usage_error(kind, spellings):
    with socket.socket(socket.AF_INET, kind) as sock:
        sock.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            sock.listen()
        fd = sock.fileno()
        result = netecho("serve", *(each.format(fd) for each in spellings), pass_fds=[fd])
    assert result.code == 2
    assert f"descriptor {fd} is served by another endpoint already" in result.errors[0]


@pytest.fixture(scope="module")
def host():
    """One that lets everybody ping."""
    with hosts(1) as (only,):
        allow(only, "ping")
        yield only


def served(sock, *args):
    return netecho("serve", f"fd:{sock.fileno()}", *args, pass_fds=[sock.fileno()])


@pytest.mark.parametrize("family, protocol, address", [
    (socket.AF_INET, socket.IPPROTO_ICMP, "127.0.0.1"),
    (socket.AF_INET6, socket.IPPROTO_ICMPV6, "::1"),
])
def test_a_ping_socket_is_refused_for_what_it_is(host, family, protocol, address):
    """It is a datagram socket of IP, bound to something like a port, and yet none of UDP."""
    with inside(host):
        sock = socket.socket(family, socket.SOCK_DGRAM, protocol)
    with sock:
        sock.bind((address, 0))
        line = complains(served(sock), 4)
        event = check(served(sock, "--json").json)
    assert " is a ping socket, which gets answers alone: " in line
    assert line.endswith("the kernel answers pings by itself (EPROTONOSUPPORT)")
    assert "udp" not in line and "udp" not in event["message"]
    assert (event["category"], event["exit_code"]) == ("connect", 4)


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_RAW])
def test_a_socket_of_frames_is_opened_by_netecho_alone(host, kind):
    with inside(host):
        sock = socket.socket(socket.AF_PACKET, kind, 0)
        sock.bind(("lo", ETHERTYPE))
    with sock:
        line = complains(served(sock), 4)
    assert "is a socket of frames, which netecho opens by itself: serve packet://INTERFACE" in line
    assert line.endswith("(EAFNOSUPPORT)")
