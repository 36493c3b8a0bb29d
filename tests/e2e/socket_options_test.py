"""Socket options, as the other end sees them."""

import os
import re
import socket
import struct
from pathlib import Path

import pytest
from faults import Failing, traced_environment
from netecho import as_nobody, binary_for_everyone, netecho, serve
from ports import own_port
from sockets import connect, echo

# From linux/in.h and linux/in6.h: Python does not name them all.
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
    port = own_port()
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


@pytest.mark.parametrize("where", ["127.0.0.1:{}", ":{}"])
@pytest.mark.parametrize("scheme", ["tcp4", "udp4"])
def test_the_same_local_port_can_be_used_again_at_once(scheme, where):
    with serve(f"{scheme}://127.0.0.1:0") as server:
        bind = where.format(own_port())
        for _ in range(3):
            result = netecho("send", "-B", bind, server.endpoint, "x")
            assert (result.code, result.stdout) == (0, b"x"), result


def test_a_local_port_is_no_third_partys_to_take():
    with serve("tcp4://127.0.0.1:0") as server, connect(server.endpoint) as client:
        port = client.getsockname()[1]
        result = netecho("send", "-B", f"127.0.0.1:{port}", server.endpoint, "x")
        assert result.code == 4, result
        client.sendall(b"still mine")
        assert client.recv(100) == b"still mine"


@pytest.mark.parametrize("scheme, more", [("tcp", ["--parallel=2"]), ("udp", ["--parallel=2"]),
                                          ("udp", ["udp://127.0.0.1:10"]),
                                          ("tcp", ["tcp://127.0.0.1:9"])])
def test_flows_that_would_share_a_local_port_are_refused_before_anything_is_opened(scheme, more):
    result = netecho("probe", "-c1", "-B", ":18111", f"{scheme}://127.0.0.1:9", *more)
    assert result.code == 2, result
    assert len(result.errors) == 1 and "--bind: :18111 names one local port" in result.errors[0]


def test_a_mark_is_that_of_the_socket():
    if os.geteuid() != 0:
        pytest.skip("needs CAP_NET_ADMIN")
    with serve("udp4://127.0.0.1:0", "--fwmark", "0x2a") as server:
        for mark in ("42", "0x2A", "0", "4294967295"):
            result = netecho("send", "--fwmark", mark, server.endpoint, "x")
            assert (result.code, result.stdout) == (0, b"x"), result
    for bad in ("-1", "4294967296", "0x", "ten", "0x100000000"):
        result = netecho("send", f"--fwmark={bad}", "udp://127.0.0.1:9", "x")
        assert result.code == 2 and "0 to 4294967295" in result.errors[0], result
    unix = netecho("send", "--fwmark", "1", "unix://@nobody-is-there", "x")
    assert unix.code == 2 and "--fwmark" in unix.errors[0], unix


def test_a_mark_needs_a_capability(folder):
    binary = binary_for_everyone(folder)
    result = netecho("send", "--fwmark", "1", "udp://127.0.0.1:9", "x",
                     binary=binary, **as_nobody())
    assert result.code == 7, result
    assert "setsockopt --fwmark" in result.errors[0] and "(EPERM)" in result.errors[0]


@pytest.mark.parametrize("option, limit", [("--rcvbuf", "rmem_max"), ("--sndbuf", "wmem_max")])
def test_a_buffer_that_the_system_cuts_is_said(folder, option, limit):
    binary = binary_for_everyone(folder)
    most = int(Path("/proc/sys/net/core", limit).read_text())
    with serve("udp://127.0.0.1:0") as server:
        cut = netecho("send", option, str(most * 2), server.endpoint, "x",
                      binary=binary, **as_nobody())
        assert cut.code == 0, cut
        assert "the kernel gave" in cut.stderr.decode() and f"net.core.{limit}" in cut.stderr.decode(), cut
        whole = netecho("send", option, str(most), server.endpoint, "x",
                        binary=binary, **as_nobody())
        assert (whole.code, whole.stderr) == (0, b""), whole


# What each command sets, one after the other: a kernel may lack any of it.
LACKING = "ENOPROTOOPT"


@pytest.mark.parametrize("call", range(1, 7))
@pytest.mark.parametrize("transport", ["tcp4", "tcp6", "udp4", "udp6", "unixpacket"])
def test_an_option_that_the_kernel_lacks_is_named_or_done_without(tmp_path, transport, call):
    local = {"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0", "udp4": "127.0.0.1:0", "udp6": "[::1]:0"}
    with serve(f"{transport}://{local.get(transport, tmp_path / 's')}") as server:
        failing = Failing(tmp_path, "setsockopt", LACKING, str(call))
        result = netecho("send", "-vv", server.endpoint, "x", prefix=failing.prefix,
                         env=traced_environment())
    if failing.failures() == 0:
        assert result.code == 0, result
        return
    if result.code == 0:
        assert result.stdout == b"x"
    else:
        assert result.code == 4 and transport == "unixpacket", result
        assert re.search(r"setsockopt (SO|IP|IPV6|TCP)_\w+ ", result.errors[-1]), result


@pytest.mark.parametrize("transport, where", [("tcp4", "127.0.0.1"), ("tcp6", "[::1]"),
                                              ("udp4", "127.0.0.1"), ("udp4", "0.0.0.0"),
                                              ("udp6", "[::1]"), ("udp6", "[::]")])
@pytest.mark.parametrize("call", range(1, 7))
def test_serve_names_the_option_that_it_needs_and_does_without_others(
        tmp_path, transport, where, call):
    needed = r"setsockopt IP(V6)?_(V6ONLY|RECVTTL|RECVHOPLIMIT|PKTINFO|RECVPKTINFO) "
    failing = Failing(tmp_path, "setsockopt", LACKING, str(call))
    # A path that cannot be written ends it once all sockets are open.
    result = netecho("serve", "--log-level=debug", f"{transport}://{where}:0",
                     "--port-file=/nowhere/at/all", prefix=failing.prefix,
                     env=traced_environment())
    if result.code == 4:
        assert re.search(needed, result.errors[-1]), result
        return
    assert result.code == 8, result
    missing = re.findall(r"does without (\w+)", result.stderr.decode())
    optional = {"SO_REUSEADDR", "SO_OOBINLINE", "SO_RXQ_OVFL", "TCP_NODELAY", "IP_RECVERR",
                "IPV6_RECVERR"}
    assert set(missing) <= optional, result
    silent = transport.startswith("udp")  # SO_RCVBUF and SO_MARK are wishes of nobody's.
    assert len(missing) == failing.failures() or silent, result
