"""Who may use serve, and how much of it: networks, users, connections and replies a source."""

import contextlib
import os
import socket
import subprocess
import sys
import time

import pytest
from fixtures import needs_root
from hosts import two_hosts
from netecho import NOBODY, PROJECT, environment, eventually, netecho, serve
from raw import forge
from sockets import connect, echo

RUN_AS = [sys.executable, "-c"]


def stopped(server):
    """The counters of its endpoints at the end."""
    assert server.stop() == 0
    return server.events("stopped")[0]["endpoints"]


def dropped(endpoint):
    assert endpoint["rx_messages_total"] == endpoint["tx_messages_total"] + sum(
        endpoint["dropped_total"].values()
    )
    return {reason: count for reason, count in endpoint["dropped_total"].items() if count}


def from_port(port, target):
    """A datagram from this port of the loopback; the socket to await a reply on."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(5)
    sock.bind(("127.0.0.1", port))
    sock.sendto(b"x", target)
    return sock


# --- networks -------------------------------------------------------------------------------------


def test_only_allowed_networks_are_answered():
    with serve("udp4://127.0.0.1:0", "tcp4://127.0.0.1:0", "--allow=127.0.0.0/30",
               "--allow=10.0.0.0/8", "--json", "-v") as server:
        udp, tcp = (("127.0.0.1", int(e.rpartition(":")[2])) for e in server.endpoints)
        for address, allowed in (("127.0.0.2", True), ("127.0.0.9", False)):
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind((address, 0))
                sock.sendto(b"hi", udp)
                if allowed:
                    sock.settimeout(5)
                    assert sock.recv(10) == b"hi"
            with socket.create_connection(tcp, 5, (address, 0)) as stream:
                if allowed:
                    assert echo(stream, b"hi") == b"hi"
                else:
                    assert stream.recv(1) == b""
        server.event("close", reason="limit")
        messages, streams = stopped(server)
        assert dropped(messages) == {"not_allowed": 1}
        assert (streams["accepted_total"], streams["rejected_total"]) == (1, 1)


@pytest.mark.parametrize("text", ["/8", "10.0.0.1/8", "10.0.0.0/33", "nonsense", "fe80::1%lo/64"])
def test_a_network_that_is_none_is_told(text):
    result = netecho("serve", "tcp://127.0.0.1:0", f"--allow={text}")
    assert result.code == 2
    assert "--allow" in result.errors[0] and f"'{text}'" in result.errors[0]


@pytest.mark.parametrize("option, endpoint", [
    ("--allow=127.0.0.1", "unix:/tmp/never"),
    ("--allow-uid=1", "tcp://127.0.0.1:0"),
    ("--udp-max-rate=5", "tcp://127.0.0.1:0"),
    ("--udp-allow-any-source", "unix:/tmp/never"),
    ("--max-per-source=5", "udp://127.0.0.1:0"),
])
def test_a_rule_that_no_endpoint_can_follow_is_an_error(option, endpoint):
    result = netecho("serve", endpoint, option)
    assert result.code == 2
    assert option.partition("=")[0] in result.errors[0] and endpoint in result.errors[0]


def test_a_rule_that_some_endpoints_cannot_follow_is_a_warning(folder):
    with serve("tcp://127.0.0.1:0", f"unix:{folder}/s", "--allow=127.0.0.1") as server:
        assert f"--allow means nothing for unix:{folder}/s" in server.stderr


# --- users ----------------------------------------------------------------------------------------


def as_user(uid, uri):
    """Whether a client of this user gets its echo."""
    # What it needs is read before it becomes that user, who may have no way to this folder.
    code = f"""
import os, sys; sys.path.insert(0, {str(PROJECT / 'tests/support')!r})
from sockets import connect, echo
if {uid}: os.setgroups([]); os.setgid({uid}); os.setuid({uid})
sys.exit(0 if echo(connect({uri!r}, 2), b'me') == b'me' else 1)"""
    done = subprocess.run([*RUN_AS, code], capture_output=True, env=environment())
    return done.returncode == 0


@needs_root
@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
def test_an_abstract_name_is_for_its_own_user_and_root(scheme):
    name = f"{scheme}:@netecho-test-{os.getpid()}-{time.monotonic_ns()}"
    with serve(name, "--json") as server:
        assert as_user(0, server.endpoint)
        assert not as_user(NOBODY, server.endpoint)
        (endpoint,) = stopped(server)
        if scheme == "unixgram":
            assert dropped(endpoint) == {"not_allowed": 1}
        else:
            assert endpoint["rejected_total"] == 1


@needs_root
@pytest.mark.parametrize("scheme", ["unix", "unixgram", "unixpacket"])
def test_named_users_may_and_others_may_not(folder, scheme):
    folder.chmod(0o755)
    path = f"{scheme}:{folder}/s"
    with serve(path, "--allow-uid", NOBODY, "--unix-mode=666") as server:
        assert as_user(NOBODY, server.endpoint)
        assert not as_user(0, server.endpoint)
    with serve(path, "--unix-mode=666") as server:
        assert as_user(NOBODY, server.endpoint)


# --- connections ----------------------------------------------------------------------------------


@needs_root
def test_one_source_has_half_of_the_connections_at_most():
    with two_hosts() as (client, other), other.serve(
            f"tcp://{other.v4}:0", "--max-conns=6", "--json") as server:
        script = f"""
import socket
peers = [socket.create_connection(("{other.v4}", {server.port}), 5) for _ in range(4)]
for peer in peers[:3]:
    peer.sendall(b"x"); assert peer.recv(1) == b"x"
assert peers[3].recv(1) == b""
peers[0].close()
while True:
    with socket.create_connection(("{other.v4}", {server.port}), 5) as again:
        again.sendall(b"y")
        try:
            if again.recv(1) == b"y": break
        except ConnectionResetError: pass
"""
        client.run("python3", "-c", script)
        (endpoint,) = stopped(server)
        assert endpoint["rejected_total"] >= 1


def test_the_loopback_has_no_limit_of_its_own():
    with serve("tcp://127.0.0.1:0", "--max-conns=4", "--max-per-source=1") as server:
        clients = [connect(server.endpoint) for _ in range(4)]
        for client in clients:
            assert echo(client, b"x") == b"x"
            client.close()


def test_a_peer_that_does_not_read_is_cut_off_after_a_while_and_one_that_reads_a_little_is_not():
    with serve("tcp://127.0.0.1:0", "--idle-timeout=4s", "--json", "-v") as server:
        with connect(server.endpoint) as deaf, connect(server.endpoint) as slow:
            for client in (deaf, slow):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.settimeout(0)

            def cut():
                # Both go on sending, so that the server has always more than they take.
                for client in (deaf, slow):
                    with contextlib.suppress(OSError):
                        client.send(b"x" * 65536)
                with contextlib.suppress(BlockingIOError):
                    slow.recv(1 << 16)
                return [e for e in server.events("close") if e["reason"] == "stalled"]

            (close,) = eventually(cut, "the deaf one is cut off")
            assert close["peer"]["port"] == deaf.getsockname()[1]


# --- datagrams ------------------------------------------------------------------------------------


@needs_root
def test_ports_of_services_are_not_answered_unless_that_is_wanted():
    for options, answered in (([], False), (["--udp-allow-any-source"], True)):
        with serve("udp4://127.0.0.1:0", "--json", *options) as server:
            target = ("127.0.0.1", server.port)
            with from_port(1023, target) as low, from_port(0, target) as high:
                assert high.recv(1) == b"x"
                if answered:
                    assert low.recv(1) == b"x"
            # Port 0 cannot be answered whatever is allowed.
            forge(("127.0.0.1", 0), target)
            with connect(server.endpoint) as behind:
                assert echo(behind, b"y") == b"y"
            (endpoint,) = stopped(server)
            refused = endpoint["dropped_total"]["source_port"]
            assert (refused, endpoint["tx_messages_total"]) == ((1, 3) if answered else (2, 2))


@needs_root
@pytest.mark.parametrize("bind", ["0.0.0.0", "127.0.0.1"])
def test_what_was_sent_to_many_is_not_answered(bind):
    with serve(f"udp4://{bind}:0", "--json") as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            sock.sendto(b"all", ("127.255.255.255", server.port))
        with connect(f"udp4://127.0.0.1:{server.port}") as one:
            assert echo(one, b"one") == b"one"
        (endpoint,) = stopped(server)
        assert dropped(endpoint) == ({"multicast": 1} if bind == "0.0.0.0" else {})


@needs_root
def test_multicast_of_either_family_is_not_answered():
    with two_hosts() as (client, other), other.serve(
            "udp4://0.0.0.0:0", "udp6://[::]:0", "--json") as server:
        v4, v6 = (int(e.rpartition(":")[2]) for e in server.endpoints)
        # Every host is in the group of all nodes; its own reply would come from a unicast address.
        client.run("python3", "-c", f"""
import socket
index = socket.if_nametoindex("{client.wire}")
with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    sock.sendto(b"all", ("ff02::1", {v6}, 0, index))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.sendto(b"all", ("10.213.0.255", {v4}))
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("{client.v4}"))
    sock.sendto(b"all", ("224.0.0.1", {v4}))
for uri in ("udp4://{other.v4}:{v4}", "udp6://[{other.v6}]:{v6}"):
    import sys; sys.path.insert(0, {str(PROJECT / 'tests/support')!r})
    from sockets import connect, echo
    with connect(uri) as sock:
        assert echo(sock, b"one") == b"one"
""")
        first, second = stopped(server)
        assert dropped(first) == {"multicast": 2}
        assert dropped(second) == {"multicast": 1}


@needs_root
@pytest.mark.parametrize("family", [4, 6])
def test_what_has_no_hop_left_is_not_answered(family):
    address = "127.0.0.1" if family == 4 else "::1"
    bracketed = address if family == 4 else f"[{address}]"
    with serve(f"udp{family}://{bracketed}:0", "--json") as server:
        kind = socket.AF_INET if family == 4 else socket.AF_INET6
        level, option = ((socket.IPPROTO_IP, socket.IP_TTL) if family == 4
                         else (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS))
        with socket.socket(kind, socket.SOCK_DGRAM) as sock:
            sock.settimeout(5)
            for hops in (1, 2):
                sock.setsockopt(level, option, hops)
                sock.sendto(b"%d" % hops, (address, server.port))
            assert sock.recv(10) == b"2"
        (endpoint,) = stopped(server)
        assert dropped(endpoint) == {"ttl": 1}


@needs_root
@pytest.mark.parametrize("options, most", [([], 64), (["--ttl=9"], 9), (["--ttl=200"], 64)])
@pytest.mark.parametrize("family", [4, 6])
def test_replies_to_other_hosts_have_one_hop_less_and_at_most_64(family, options, most):
    with two_hosts() as (client, other):
        address = other.v4 if family == 4 else other.v6
        bracketed = address if family == 4 else f"[{address}]"
        with other.serve(f"udp{family}://{bracketed}:0", *options) as server:
            kind, level, option, receive = (
                ("AF_INET", "IPPROTO_IP", "IP_TTL", "IP_RECVTTL") if family == 4 else
                ("AF_INET6", "IPPROTO_IPV6", "IPV6_UNICAST_HOPS", "IPV6_RECVHOPLIMIT"))
            shown = client.run("python3", "-c", f"""
import socket
socket.IP_RECVTTL = 12
s = socket.socket(socket.{kind}, socket.SOCK_DGRAM); s.settimeout(5)
s.setsockopt(socket.{level}, socket.{receive}, 1)
for hops in (255, 65, 64, 10, 2):
    s.setsockopt(socket.{level}, socket.{option}, hops)
    s.sendto(b"x", ("{address}", {server.port}))
    _, control, _, _ = s.recvmsg(10, 100)
    print(hops, int.from_bytes(control[0][2], "little"))
""")
            assert shown.split("\n")[:-1] == [
                f"{hops} {min(most, hops - 1)}" for hops in (255, 65, 64, 10, 2)]


@needs_root
def test_a_source_prefix_gets_so_many_replies_and_no_more():
    with two_hosts() as (client, other), other.serve(
            f"udp://{other.v4}:0", "--udp-max-rate=100", "--json") as server:
        begin = time.monotonic()
        s = client.netecho("probe", server.endpoint, "--rate=2k", "--duration=500ms", "-W1s",
                           "--json").json["targets"][0]
        took = time.monotonic() - begin
        # A bucket of a tenth of a second, and what flows in meanwhile.
        assert 10 <= s["received_total"] <= 11 + 100 * took
        (endpoint,) = stopped(server)
        assert dropped(endpoint) == {"rate": s["sent_total"] - s["received_total"]}


def test_the_loopback_is_limited_only_if_that_is_said():
    # More than the default's bucket of a hundred replies holds, and more than that of five a second.
    for options, count, limited in (([], 1000, False), (["--udp-max-rate=5"], 50, True),
                                    (["--udp-max-rate=0"], 1000, False)):
        with serve("udp://127.0.0.1:0", "--json", *options) as server:
            s = netecho("probe", server.endpoint, "--flood", "--window=50", "-c", count, "-W500ms",
                        "--json").json["targets"][0]
            assert (s["received_total"] < s["sent_total"]) == limited


@pytest.fixture
def key(folder):
    """The options of who has it."""
    path = folder / "key"
    path.write_bytes(b"0123456789abcdef")
    path.chmod(0o600)
    return [f"--key-file={path}"]


def answered(server, *options):
    """How many probes, and how many of them had a reply."""
    result = netecho("probe", server.endpoint, "-W2s", "--json", *options)
    summary = result.json["targets"][0]
    return summary["sent_total"], summary["received_total"]


def test_who_has_the_key_is_exempt_from_the_rate_and_nobody_else(key):
    with serve("udp://127.0.0.1:0", "--udp-max-rate=1", *key) as server:
        assert answered(server, "--flood", "-c50", *key) == (50, 50)
        begin = time.monotonic()
        _, received = answered(server, "--flood", "-c1000", "--window=1000")
        assert received <= 2 + (time.monotonic() - begin)


def test_who_has_the_key_takes_nothing_from_its_neighbors(key):
    """All of the loopback is one prefix, whose bucket holds ten replies here."""
    with serve("udp://127.0.0.1:0", "--udp-max-rate=100", *key) as server:
        assert answered(server, "--flood", "-c500", *key) == (500, 500)
        sent, received = answered(server, "-c5", "-i50ms")
        assert sent == received


@pytest.mark.parametrize("size", [10, 64], ids=["bytes", "frames"])
def test_beside_a_key_who_has_none_is_held_to_the_rate(folder, size):
    key = folder / "key"
    key.write_bytes(b"0123456789abcdef")
    key.chmod(0o600)
    with serve("udp://127.0.0.1:0", "--udp-max-rate=1", f"--key-file={key}", "--json") as server:
        s = netecho("probe", server.endpoint, "--flood", "-c8", "-W200ms", f"-s{size}",
                    "--json").json["targets"][0]
        assert s["received_total"] < s["sent_total"]
        (endpoint,) = stopped(server)
        assert dropped(endpoint) == {"rate": s["sent_total"] - s["received_total"]}


def test_what_the_kernel_drops_is_told():
    with serve("udp4://127.0.0.1:0", "--rcvbuf=4k", "--json") as server:
        target = ("127.0.0.1", server.port)
        os.kill(server.pid, 19)  # SIGSTOP: nobody takes them.
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for _ in range(100):
                sock.sendto(b"x" * 500, target)
        os.kill(server.pid, 18)
        with connect(server.endpoint) as one:
            one.settimeout(0.2)

            def echoed():
                try:
                    return echo(one, b"y") == b"y"
                except TimeoutError:
                    return False

            eventually(echoed, "an echo")
        (endpoint,) = stopped(server)
        assert endpoint["kernel_drop_buffers_total"] > 0
        assert endpoint["kernel_drop_buffers_total"] + endpoint["rx_messages_total"] >= 101


@pytest.mark.parametrize("address", ["224.0.0.1", "[ff02::1%lo]"])
def test_a_group_cannot_be_served(address):
    result = netecho("serve", f"udp://{address}:0")
    assert result.code == 2
    assert "multicast" in result.errors[0]
