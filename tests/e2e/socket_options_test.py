"""Socket options, as the other end sees them."""

import socket
import struct

import pytest
from netecho import netecho, serve
from sockets import connect, echo

# Of linux/in.h and linux/in6.h: Python does not name them all.
IP_RECVTTL, IP_RECVTOS = 12, 13
IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT = 51, 52
IPV6_RECVTCLASS, IPV6_TCLASS = 66, 67


def seen_by_a_server(family, *options):
    """(TTL or hop limit, TOS or traffic class, source port) of what send sends."""
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(10)
        if family == socket.AF_INET:
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
            sock.bind(("127.0.0.1", 0))
        else:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVTCLASS, 1)
            sock.bind(("::1", 0))
        host, port = sock.getsockname()[:2]
        uri = f"udp://[{host}]:{port}" if ":" in host else f"udp://{host}:{port}"
        result = netecho("send", uri, "x", "--expect", "none", *options)
        assert result.code == 0, result
        data, control, _, address = sock.recvmsg(100, 200)
        assert data == b"x"
        values = {kind: value for _, kind, value in control}
        if family == socket.AF_INET:
            return (*struct.unpack("i", values[socket.IP_TTL]), values[socket.IP_TOS][0], address[1])
        hops, traffic = values[IPV6_HOPLIMIT], values[IPV6_TCLASS]
        return (*struct.unpack("i", hops), *struct.unpack("i", traffic), address[1])


BOTH = pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])


@BOTH
def test_ttl_is_that_of_the_packet(family):
    assert seen_by_a_server(family, "--ttl", "5")[0] == 5
    assert seen_by_a_server(family)[0] != 5


@BOTH
@pytest.mark.parametrize(
    "options, tos",
    [([], 0), (["-Q", "16"], 16), (["--tos", "8"], 8), (["--dscp", "EF"], 184),
     (["--dscp", "10"], 40), (["--dscp", "CS1"], 32)],
)
def test_tos_and_dscp_are_those_of_the_packet(family, options, tos):
    assert seen_by_a_server(family, *options)[1] == tos


def test_the_local_port_can_be_chosen():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    assert seen_by_a_server(socket.AF_INET, "-B", f"127.0.0.1:{port}")[2] == port


def test_an_interface_can_be_chosen():
    with serve("udp://127.0.0.1:0") as server:
        assert netecho("send", server.endpoint, "x", "-I", "lo").code == 0
    result = netecho("send", "udp://127.0.0.1:9", "x", "-I", "no-such-if")
    assert result.code in (2, 4, 7), result
    assert len(result.errors) == 1 and "(ENODEV)" in result.errors[0]


def test_the_replies_of_serve_carry_its_options():
    with serve("udp://127.0.0.1:0", "--tos", "16", "--ttl", "9") as server:
        with connect(server.endpoint) as client:
            client.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
            client.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
            client.send(b"x")
            data, control, _, _ = client.recvmsg(10, 200)
            values = {kind: value for _, kind, value in control}
            assert data == b"x"
            assert values[socket.IP_TOS][0] == 16
            # Between sockets of one host the TTL is a mark instead; sources_test.py has two hosts.
            assert struct.unpack("i", values[socket.IP_TTL])[0] == 253


def test_a_segment_size_is_offered_to_the_peer():
    with serve("tcp://127.0.0.1:0", "--mss", "600") as server, connect(server.endpoint) as client:
        assert echo(client, b"x") == b"x"
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 600


def test_an_option_that_no_endpoint_can_honour_is_an_error(folder):
    for command in (["serve", f"unix:{folder}/s"], ["send", f"unix:{folder}/s", "x"]):
        for option in (["--ttl", "3"], ["--tos", "3"], ["--mss", "600"], ["--keepalive"]):
            result = netecho(*command, *option)
            assert result.code == 2, result
            assert len(result.errors) == 1 and option[0] in result.errors[0], result
    assert list(folder.iterdir()) == []


def test_an_option_that_one_endpoint_can_not_honour_is_a_warning_that_names_it(folder):
    with serve("tcp://127.0.0.1:0", f"unix:{folder}/s", "--ttl", "9") as server:
        lines = server.stderr.splitlines()
        assert len(lines) == 1, lines
        assert "--ttl" in lines[0] and f"unix:{folder}/s" in lines[0]
        assert "tcp:" not in lines[0]


def test_keepalive_never_takes_the_next_argument():
    with serve("tcp://127.0.0.1:0") as server:
        result = netecho("send", "--keepalive", server.endpoint, "x")
        assert (result.code, result.stdout) == (0, b"x")
        assert netecho("send", "--keepalive=1s,1s,3", server.endpoint, "x").code == 0
        assert netecho("send", "--keepalive=banana", server.endpoint, "x").code == 2


def test_buffers_can_be_sized():
    with serve("tcp://127.0.0.1:0", "--rcvbuf", "64k", "--sndbuf", "64KiB") as server:
        result = netecho("send", server.endpoint, "--rcvbuf", "1MiB", input=bytes(1_000_000))
        assert (result.code, len(result.stdout)) == (0, 1_000_000)
