"""icmp://: pings from host to host, by a ping socket and by a raw one, which is taken where the
first is refused. Both are network namespaces' own, so this needs root.
"""

import contextlib
import ipaddress
import re

import pytest
from hosts import Host, hosts_with_a_router_between, two_hosts
from netecho import environment, netecho
from pings import FAMILIES, GROUPS, PATIENCE, allow, canonical, uri, whole
from probes import IN_TURN, only, probe
from programs import need, network
from schema import check
from sockets import has_mptcp


@pytest.fixture(scope="module", params=GROUPS)
def pair(request):
    """(client, the other host): the client has that kind of socket."""
    with two_hosts() as (client, other):
        allow(client, request.param)
        client.socket = request.param
        yield client, other


@pytest.fixture(scope="module", params=GROUPS)
def way(request):
    """(client, router, server)."""
    with hosts_with_a_router_between() as all_of_them:
        allow(all_of_them[0], request.param)
        yield all_of_them


def near(client, router, family):
    """The router's address on the client's side."""
    host = client.v4 if family == "v4" else client.v6
    separator = "." if family == "v4" else ":"
    return str(ipaddress.ip_address(host.rpartition(separator)[0] + separator + "2"))


def replies(host, *args, code=1):
    result = host.netecho("probe", *args, "--format", "jsonl")
    assert result.code == code, result
    return [e for e in map(check, result.events) if e["type"] == "reply"]


@FAMILIES
def test_a_thousand_pings_in_turn_all_come_back(pair, family):
    client, other = pair
    target = uri(other, family)
    s = only(probe(target, *IN_TURN, "-c1000", *PATIENCE, prefix=client.prefix))
    whole(s, 1000)
    assert (s["target"]["transport"], s["target"]["socket_type"]) == ("icmp", "datagram")
    assert (s["target"]["uri"], s["target"]["port"]) == (target, None)
    assert (s["peer"]["uri"], s["peer"]["port"]) == (canonical(other, family), None)
    assert s["local"]["uri"] == canonical(client, family)
    assert s["stamped"] is False and s["connect_ns"] is None
    assert s["path"] == {"reply_hop_limit": {"min": 64, "max": 64, "changes_total": 0}}


def test_the_log_says_which_socket_it_is(pair):
    client, other = pair
    result = client.netecho("send", uri(other, "v4"), "x", "--log-level", "debug")
    assert (result.code, result.stdout) == (0, b"x")
    raw = "does without a ping socket: Permission denied (EACCES)" in result.stderr.decode()
    assert raw == (client.socket == "raw")


@FAMILIES
def test_every_size_comes_back(pair, family):
    client, other = pair
    sizes = [*range(33), 55, 56, 64, 1472, 1473, 9000, 65507]
    targets = probe(uri(other, family), *IN_TURN, "-c20", *PATIENCE, "--sweep",
                    ",".join(map(str, sizes)), prefix=client.prefix)
    assert [t["size_bytes"] for t in targets] == sizes
    for target in targets:
        whole(target, 20)


@FAMILIES
@pytest.mark.parametrize("size", [0, 8, 64])
def test_a_flood_keeps_its_window_whatever_the_size(pair, family, size):
    client, other = pair
    s = only(probe(uri(other, family), "--flood", "--window", "32", "-c5000", "-s", size,
                   *PATIENCE, prefix=client.prefix))
    whole(s, 5000)


@FAMILIES
def test_flows_do_not_get_each_others_replies(pair, family):
    client, other = pair
    s = only(probe(uri(other, family), *IN_TURN, "--parallel", "4", "-c100", "-s", "0", *PATIENCE,
                   prefix=client.prefix))
    whole(s, 400)


@FAMILIES
def test_small_probes_need_not_wait_for_each_other(pair, family):
    """On a schedule one that is lost would hold up those behind it."""
    client, other = pair
    kind = "icmp" if family == "v4" else "icmpv6"
    with other.dropping("input", f"{kind} type echo-request numgen inc mod 5 0"):
        s = only(probe(uri(other, family), "--flood", "--window", "8", "-c40", "-s", "4",
                       "-W", "1s", prefix=client.prefix))
    assert s["sent_total"] == 40 and s["timeout_total"] > 0
    assert s["received_total"] == 40 - s["timeout_total"] and s["mismatch_total"] == 0


@FAMILIES
def test_stamps_of_the_kernel_give_a_part_of_each_round_trip(pair, family):
    client, other = pair
    s = only(probe(uri(other, family), "-c30", "-i20ms", "--warmup", "5", "--timestamps", "kernel",
                   *PATIENCE, prefix=client.prefix))
    assert s["received_total"] > 0 and s["instrument"]["discarded_total"] == 0
    for key in ("min", "p50", "max"):
        assert 0 < s["rtt_kernel_ns"][key] < s["rtt_ns"][key], key


@FAMILIES
def test_each_reply_tells_its_hop_limit(pair, family):
    client, other = pair
    args = [uri(other, family), *IN_TURN, "-c2", *PATIENCE]
    for reply in replies(client, *args, code=0):
        assert (reply["status"], reply["hop_limit"]) == ("ok", 64)
        assert reply["peer"]["uri"] == canonical(other, family)
    text = client.netecho("probe", *args, "-v").text
    assert " hop_limit=64\n" in text and "replies arrived with hop limit 64" in text


@FAMILIES
def test_send_prints_the_echo(pair, family):
    client, other = pair
    for data in ("", "안녕하세요", "x" * 3000):
        result = client.netecho("send", uri(other, family), data)
        assert (result.code, result.errors, result.stdout) == (0, [], data.encode())
    result = client.netecho("send", uri(other, family), "hi", "--json")
    (reply,) = check(result.json)["replies"]
    assert (reply["status"], reply["hop_limit"]) == ("ok", 64)


@FAMILIES
def test_socket_options_mean_what_they_mean_for_udp(pair, family):
    client, other = pair
    address = client.v4 if family == "v4" else client.v6
    dscp = "ip dscp" if family == "v4" else "ip6 dscp"
    options = ["-Q", "184", "--ttl", "7", "-I", client.wire, "-B", address, "--rcvbuf", "100k"]
    with other.dropping("input", f"{dscp} ef"):
        s = only(probe(uri(other, family), "-c3", "-i50ms", "-W", "200ms", *options, code=1,
                       prefix=client.prefix))
        assert s["received_total"] == 0 and other.dropped() >= s["sent_total"] > 0
    s = only(probe(uri(other, family), *IN_TURN, "-c3", *PATIENCE, *options, prefix=client.prefix))
    whole(s, 3)
    assert s["local"]["address"] == str(ipaddress.ip_address(address))


@FAMILIES
def test_what_is_too_long_for_the_link_is_not_sent_with_df(pair, family):
    client, other = pair
    size = 1473 if family == "v4" else 1453  # With both headers a byte more than 1500.
    s = only(probe(uri(other, family), "-c2", "-i50ms", "-s", size, "--df", "do", code=1,
                   prefix=client.prefix))
    assert s["send_errors"] == [{"errno_name": "EMSGSIZE", "count": 2}]
    s = only(probe(uri(other, family), *IN_TURN, "-c2", "-s", size - 1, "--df", "do", *PATIENCE,
                   prefix=client.prefix))
    whole(s, 2)


def test_who_answers_a_broadcast_is_told(pair):
    client, other = pair
    ignoring = "/proc/sys/net/ipv4/icmp_echo_ignore_broadcasts"
    everybody = client.v4.rpartition(".")[0] + ".255"
    args = [f"icmp://{everybody}", *IN_TURN, "-c3", *PATIENCE]
    with other.changed(f"echo 0 >{ignoring}", f"echo 1 >{ignoring}"):
        seen = replies(client, *args, code=0)
        text = client.netecho("probe", *args, "-v").text
        sent = client.netecho("send", f"icmp://{everybody}", "hello", "--json")
    assert [r["status"] for r in seen] == ["ok"] * 3
    assert {r["peer"]["uri"] for r in seen} == {canonical(other, "v4")}
    assert f" from {canonical(other, 'v4')}\n" in text
    (reply,) = check(sent.json)["replies"]
    assert (sent.code, reply["peer"]["uri"]) == (0, canonical(other, "v4"))


NO_WAY = {
    "v4": ("ip daddr {} reject with icmp type host-unreachable",
           {"type": 3, "code": 1, "name": "host-unreachable"}, "EHOSTUNREACH", "host"),
    "v6": ("ip6 daddr {} reject with icmpv6 type no-route",
           {"type": 1, "code": 0, "name": "net-unreachable"}, "ENETUNREACH", "network"),
}


@FAMILIES
@pytest.mark.parametrize("size", [0, 8, 64, 1000])
def test_who_says_that_a_host_is_out_of_reach_is_named(way, family, size):
    client, router, server = way
    rule, icmp, errno, what = NO_WAY[family]
    target = uri(server, family)
    who = near(client, router, family)
    with router.filtering("forward", rule.format(getattr(server, family))):
        seen = replies(client, target, *IN_TURN, "-c3", "-s", size, *PATIENCE)
        text = client.netecho("probe", target, *IN_TURN, "-c1", "-v", *PATIENCE).text
        sent = client.netecho("send", target, "hello", *PATIENCE)
    assert [r["status"] for r in seen] == ["unreachable"] * 3
    for sequence, reply in enumerate(seen):
        assert reply["sequence"] == sequence
        assert reply["icmp"] == {"from": who, **icmp}
        assert reply["errno_name"] == errno
    assert f"seq=0 unreachable: {what}, from {who}" in text
    assert sent.code == 4 and f"{what} unreachable, from {who} ({errno})" in sent.errors[0]


@FAMILIES
def test_hops_that_are_too_few_are_told_by_the_router(way, family):
    client, router, server = way
    (reply,) = replies(client, uri(server, family), "--ttl", "1", "-c1", *PATIENCE)
    assert (reply["status"], reply["icmp"]["name"]) == ("unreachable", "time-exceeded")
    assert reply["icmp"]["from"] == near(client, router, family)


@FAMILIES
def test_a_router_costs_a_reply_a_hop(way, family):
    client, _, server = way
    s = only(probe(uri(server, family), *IN_TURN, "-c2", *PATIENCE, prefix=client.prefix))
    assert s["path"]["reply_hop_limit"] == {"min": 63, "max": 63, "changes_total": 0}


def without_right(host):
    """The same host for a root that may have no raw socket."""
    return Host([*host.prefix, need("setpriv"), "--bounding-set=-net_raw"], host.pid)


@contextlib.contextmanager
def host_of_its_own(socket):
    with network() as (prefix, pid):
        host = Host(prefix, pid)
        allow(host, socket)
        yield host


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("command", [["probe", "-c1"], ["send"]])
def test_who_may_have_neither_socket_is_told_the_remedy(command, address):
    with host_of_its_own("raw") as host:
        target = f"icmp://{address}"
        data = ["x"] if command == ["send"] else []
        nobody = without_right(host)
        result = nobody.netecho(*command, target, *data)
        as_json = nobody.netecho(*command, target, *data, "--json")
    (line,) = result.errors
    assert result.code == as_json.code == 7
    assert line.startswith(f"netecho: socket {target}: no right to ping: ")
    assert 'sysctl -w net.ipv4.ping_group_range="0 2147483647"' in line
    assert "setcap cap_net_raw+ep /" in line and line.endswith("(EACCES)")
    (error,) = check(as_json.json)["errors"]
    assert (error["category"], error["exit_code"]) == ("permission", 7)


def test_a_group_that_may_is_enough():
    with host_of_its_own("ping") as host:
        result = without_right(host).netecho("send", "icmp6://[::1]", "hello")
    assert (result.code, result.stdout) == (0, b"hello")


@pytest.mark.parametrize("socket", GROUPS)
@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_a_raw_socket_is_opened_only_where_a_ping_socket_is_refused(socket, address, folder):
    need("strace")
    log = folder / "calls"
    # Leaks can't be looked for under ptrace.
    quiet = {**environment(), "ASAN_OPTIONS": "detect_leaks=0"}
    with host_of_its_own(socket) as host:
        traced = [*host.prefix, "strace", "-f", "-o", log, "-e", "trace=socket,bind"]
        result = netecho("send", f"icmp://{address}", "x", *PATIENCE, prefix=traced, env=quiet)
    assert result.code == 0, result
    calls = re.findall(r"^\d+ +(\w+)\((\w+), (\w+)\|\S+ IPPROTO_(\w+)\) += (-?\w+)",
                       log.read_text(), re.M)
    assert len(calls) == len(re.findall(r"\b(?:socket|bind)\(", log.read_text())) > 0
    assert {call[:2] + call[3:4] for call in calls} == {
        ("socket", "AF_INET", "ICMP") if address[0] == "1" else ("socket", "AF_INET6", "ICMPV6")}
    had = {kind for _, _, kind, _, result in calls if result != "-1"}
    assert had == ({"SOCK_DGRAM"} if socket == "ping" else {"SOCK_RAW"})


@pytest.mark.parametrize("socket", GROUPS)
def test_self_pings_the_loopback_where_it_may(socket):
    with host_of_its_own(socket) as host:
        if socket == "raw":
            host = without_right(host)
        targets = probe("--self", *IN_TURN, "-c5", prefix=host.prefix)
    pings = [t for t in targets if t["target"]["transport"] == "icmp"]
    assert {t["target"]["family"] for t in pings} == {"ipv4", "ipv6"}
    for target in pings:
        if socket == "ping":
            whole(target, 5)
        else:
            assert target["error"]["category"] == "permission"
    for target in targets:
        lacking = target["target"]["transport"] == "mptcp" and not has_mptcp()
        if target not in pings and not lacking:
            assert target["received_total"] == 5


def test_a_key_is_refused_where_no_server_could_have_it(folder):
    file = folder / "key"
    file.write_bytes(b"k" * 32)
    file.chmod(0o600)
    result = netecho("probe", "icmp://127.0.0.1", "--key-file", file)
    assert result.code == 2 and "could have the key" in result.errors[0]


@pytest.mark.parametrize("command", ["send", "probe"])
def test_a_port_is_an_error_with_a_hint(command):
    result = netecho(command, "icmp://localhost:7")
    assert (result.code, result.errors) == (
        2, ["netecho: endpoint icmp://localhost:7: icmp has no ports; did you mean icmp://localhost?"])


def test_serve_says_that_the_kernel_does_it():
    result = netecho("serve", "icmp://127.0.0.1")
    assert result.code == 2 and result.errors[0].endswith("the kernel answers pings by itself")
