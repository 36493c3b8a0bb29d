"""What could not be done says why: send and probe, in text and in JSON.

Routers that prohibit, that know no way and that have a narrow link need root (network namespaces).
"""

import contextlib
import ipaddress
import json

import pytest
from hosts import hosts_with_a_router_between, plug, hosts
from netecho import netecho, serve
from peers import closed_port, stream_peer
from schema import check

FAMILIES = pytest.mark.parametrize("family", ["v4", "v6"])
PATIENCE = ["-W", "5s"]


@pytest.fixture(scope="module")
def way():
    """(client, router, server)."""
    with hosts_with_a_router_between() as all_of_them:
        yield all_of_them


def at(host, family, port):
    return f"{host.v4}:{port}" if family == "v4" else f"[{host.v6}]:{port}"


def near(client, router, family):
    """The router's address on the client's side."""
    host = client.v4 if family == "v4" else client.v6
    separator = "." if family == "v4" else ":"
    return str(ipaddress.ip_address(host.rpartition(separator)[0] + separator + "2"))


@contextlib.contextmanager
def prohibiting(router):
    """The router rejects what goes to port 7."""
    router.shell(
        "nft -f - <<'END'",
        "table inet test {",
        "chain it {",
        "type filter hook forward priority 0",
        "meta nfproto ipv4 th dport 7 reject with icmp type admin-prohibited",
        "meta nfproto ipv6 th dport 7 reject with icmpv6 type admin-prohibited",
        "}",
        "}",
        "END",
    )
    try:
        yield
    finally:
        router.run("nft", "flush", "ruleset")


def events(host, *args):
    """The events of a probe of which nothing is answered, each valid; and its text."""
    result = host.netecho("probe", *args, "--format", "jsonl")
    assert result.code == 1, result
    return [check(event) for event in result.events]


def replies(host, *args):
    return [e for e in events(host, *args) if e["type"] == "reply"]


PROHIBITED = {
    "v4": {"type": 3, "code": 13, "name": "prohibited"},
    "v6": {"type": 1, "code": 1, "name": "prohibited"},
}
ERRNO = {"v4": "EHOSTUNREACH", "v6": "EACCES"}
SAID = {"v4": "ICMP type 3, code 13", "v6": "ICMPv6 type 1, code 1"}


@FAMILIES
@pytest.mark.parametrize("args", [["udp"], ["tcp", "--mode", "connect"]])
def test_a_router_that_prohibits_is_named_by_probe(way, family, args):
    client, router, server = way
    scheme, *mode = args
    uri = f"{scheme}://{at(server, family, 7)}"
    who = near(client, router, family)
    with prohibiting(router):
        seen = replies(client, uri, *mode, "-c2", "-i100ms", *PATIENCE)
        text = client.netecho("probe", uri, *mode, "-v", "-c2", "-i100ms", *PATIENCE)
    assert [r["status"] for r in seen] == ["unreachable"] * 2
    for reply in seen:
        assert reply["icmp"] == {"from": who, **PROHIBITED[family]}
        assert reply["errno_name"] == ERRNO[family]
    said = f"administratively prohibited, from {who}"
    assert text.code == 1
    assert f"seq=0 unreachable: {said} ({SAID[family]}, {ERRNO[family]})" in text.text
    assert f"  2 unreachable: {said} ({ERRNO[family]})\n" in text.text


@FAMILIES
@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_a_router_that_prohibits_is_named_by_send(way, family, scheme):
    client, router, server = way
    uri = f"{scheme}://{at(server, family, 7)}"
    who = near(client, router, family)
    with prohibiting(router):
        result = client.netecho("send", uri, "hello", *PATIENCE)
        as_json = client.netecho("send", uri, "hello", *PATIENCE, "--json")
    operation = "send" if scheme == "udp" else "connect"
    line = f"{operation} {uri}: administratively prohibited, from {who} ({ERRNO[family]})"
    assert (result.code, result.errors) == (4, [f"netecho: {line}"])
    (error,), (target,) = check(as_json.json)["errors"], as_json.json["targets"]
    assert (error["message"], error["errno_name"]) == (line, ERRNO[family])
    assert error["icmp"] == target["error"]["icmp"] == {"from": who, **PROHIBITED[family]}
    if scheme == "udp":
        (reply,) = as_json.json["replies"]
        assert reply["icmp"] == {"from": who, **PROHIBITED[family]}
        assert (reply["status"], reply["errno_name"]) == ("unreachable", ERRNO[family])


@FAMILIES
def test_a_router_that_prohibits_is_the_error_of_a_probe_that_cannot_connect(way, family):
    client, router, server = way
    uri = f"tcp://{at(server, family, 7)}"
    who = near(client, router, family)
    with prohibiting(router):
        once = client.netecho("probe", uri, "-c1", *PATIENCE, "--json")
        again = client.netecho("probe", uri, "-c3", "-i50ms", "--retry", *PATIENCE, "--json")
    line = f"connect {uri}: administratively prohibited, from {who} ({ERRNO[family]})"
    for result, code in ((once, 4), (again, 1)):
        assert (result.code, result.errors) == (code, [f"netecho: {line}"])
        (target,) = check(result.json)["targets"]
        assert target["error"]["message"] == line
        assert target["error"]["icmp"] == {"from": who, **PROHIBITED[family]}


@pytest.mark.parametrize("scheme", ["udp", "tcp"])
def test_a_router_that_finds_no_host_says_so(way, scheme):
    client, router, server = way
    nobody = server.v4.rpartition(".")[0] + ".99"
    quick = f"/proc/sys/net/ipv4/neigh/{router.wire}/retrans_time_ms"
    mode = ["--mode", "connect"] if scheme == "tcp" else []
    with router.changed(f"echo 100 >{quick}", f"echo 1000 >{quick}"):
        (reply,) = replies(client, f"{scheme}://{nobody}:7", *mode, "-c1", "-W", "10s")
        sent = client.netecho("send", f"{scheme}://{nobody}:7", "x", "-W", "10s")
    assert (reply["status"], reply["errno_name"]) == ("unreachable", "EHOSTUNREACH")
    assert reply["icmp"] == {
        "from": near(client, router, "v4"), "type": 3, "code": 1, "name": "host-unreachable",
    }
    assert sent.code == 4
    assert f"host unreachable, from {near(client, router, 'v4')} (EHOSTUNREACH)" in sent.errors[0]


@FAMILIES
def test_a_closed_port_says_so(way, family):
    client, _, server = way
    (reply,) = replies(client, f"udp://{at(server, family, 9)}", "-c1", *PATIENCE)
    assert (reply["status"], reply["errno_name"]) == ("refused", "ECONNREFUSED")
    assert reply["icmp"]["name"] == "port-unreachable"
    assert reply["icmp"]["from"] == str(ipaddress.ip_address(server.v4 if family == "v4" else server.v6))


@FAMILIES
def test_hops_that_are_too_few_are_told_by_the_router(way, family):
    client, router, server = way
    uri = f"udp://{at(server, family, 7)}"
    (reply,) = replies(client, uri, "--ttl", "1", "-c1", *PATIENCE)
    assert (reply["status"], reply["icmp"]["name"]) == ("unreachable", "time-exceeded")
    assert reply["icmp"]["from"] == near(client, router, family)


@FAMILIES
def test_a_narrow_link_tells_first_by_the_router_and_then_by_the_kernel(family):
    with hosts_with_a_router_between() as (client, router, server):
        for host in (router, server):
            host.ip("link", "set", host.wire, "mtu", 1280)
        seen = replies(client, f"udp://{at(server, family, 7)}", "-s", "1400", "--df", "do",
                       "-c4", "-i200ms", *PATIENCE)
        first, *rest = [r for r in seen if r["status"] == "unreachable"]
        assert first["icmp"]["from"] == near(client, router, family)
        assert first["icmp"]["name"] == {
            "v4": "fragmentation-needed", "v6": "packet-too-big"}[family]
        unsent = [r for r in seen if r["status"] == "send_error"]
        assert len(rest) + 1 + len(unsent) == 4 and unsent
        assert all(r["errno_name"] == "EMSGSIZE" for r in seen)
        assert all(r["icmp"] is None for r in unsent)


def test_what_is_too_long_to_be_sent_is_counted_by_reason():
    with hosts(2) as (one, other):
        plug(one, other)
        args = ["probe", "-c2", "-i50ms", "-s", "1473", "--df", "do", f"udp://{other.v4}:7000"]
        text = one.netecho(*args, "-v")
        as_json = one.netecho(*args, "--json")
        sent = one.netecho("send", "--df", "do", f"udp://{other.v4}:7000", "x" * 1473, "--json")
    assert "  2 not sent: message too long (EMSGSIZE)\n" in text.text
    assert "seq=0 send_error: message too long (EMSGSIZE)\n" in text.text
    (target,) = check(as_json.json)["targets"]
    assert target["send_errors"] == [{"errno_name": "EMSGSIZE", "count": 2}]
    assert target["send_error_total"] == 2
    (reply,) = check(sent.json)["replies"]
    assert (sent.code, reply["status"], reply["errno_name"]) == (4, "send_error", "EMSGSIZE")
    (target,) = sent.json["targets"]
    assert (target["sent_total"], target["send_error_total"]) == (0, 1)


def test_a_refused_connection_says_so_attempt_by_attempt():
    with closed_port() as port:
        uri = f"tcp://127.0.0.1:{port}"
        result = netecho("probe", uri, "--mode", "connect", "-c2", "-i50ms", "--format", "jsonl")
        text = netecho("probe", uri, "--mode", "connect", "-c2", "-i50ms")
    *seen, _ = [check(e) for e in result.events]
    assert [r["status"] for r in seen] == ["refused"] * 2
    assert {r["errno_name"] for r in seen} == {"ECONNREFUSED"}
    assert all(r["icmp"] is None for r in seen), "a reset is no ICMP"
    assert "  2 refused: connection refused (ECONNREFUSED)\n" in text.text


def test_the_records_of_probes_say_why(folder):
    with closed_port() as port:
        netecho("probe", f"tcp://127.0.0.1:{port}", "--mode", "connect", "-c1", "--samples",
                folder / "run.jsonl")
    (row,) = [json.loads(line) for line in (folder / "run.jsonl").read_text().splitlines()]
    assert (row["status"], row["errno_name"]) == ("refused", "ECONNREFUSED")


def test_a_reply_has_no_reason():
    with serve("udp://127.0.0.1:0") as server:
        result = netecho("probe", server.endpoint, "-c1", "--format", "jsonl")
        exchange = netecho("send", server.endpoint, "x", "--json")
    for reply in [result.events[0], exchange.json["replies"][0]]:
        assert (reply["status"], reply["errno_name"], reply["icmp"]) == ("ok", None, None)
    assert result.events[-1]["send_errors"] == []
    assert result.events[-1]["foreign_reply"] is None


# --- addresses that are no peer -------------------------------------------------------------------

ONE_PEER = "send and probe measure the echo of one peer, so name an address of its own"


@pytest.mark.parametrize("subcommand", ["probe", "send"])
@pytest.mark.parametrize("scheme", ["tcp", "udp"])
@pytest.mark.parametrize("host, kind", [
    ("255.255.255.255", "the broadcast"),
    ("224.0.0.1", "a multicast"),
    ("239.255.255.250", "a multicast"),
    ("[ff02::1%lo]", "a multicast"),
    ("[ff05::2]", "a multicast"),
])
def test_what_many_answer_is_refused_before_anything_is_opened(subcommand, scheme, host, kind):
    uri = f"{scheme}://{host}:7"
    result = netecho(subcommand, uri, *(["x"] if subcommand == "send" else []))
    bare = host.strip("[]")
    assert (result.code, result.errors) == (
        2, [f"netecho: endpoint {uri}: {bare} is {kind} address: {ONE_PEER}"])


@pytest.mark.parametrize("args", [["probe"], ["send"], ["probe", "--mode", "connect"], ["serve"]])
def test_a_link_local_address_without_its_zone_gets_a_hint(args):
    subcommand, *rest = args
    result = netecho(subcommand, *rest, "tcp://[fe80::1]:7", *(["x"] if args == ["send"] else []))
    assert result.code == 2
    assert "a link-local address needs its zone, the interface that leads to it" in result.errors[0]
    assert "did you mean tcp://[fe80::1%" in result.errors[0]


@pytest.mark.parametrize("args", [
    ["probe", "-c1", "udp"], ["send", "udp"], ["probe", "tcp"], ["send", "tcp"],
    ["probe", "--mode", "connect", "tcp"],
])
def test_a_networks_broadcast_address_gets_its_hint(args):
    *command, scheme = args
    with hosts(2) as (one, other):
        plug(one, other)
        everyone = one.v4.rpartition(".")[0] + ".255"
        one.shell(f"ip address del {one.v4}/24 dev {one.wire}",
                  f"ip address add {one.v4}/24 broadcast + dev {one.wire}")
        result = one.netecho(*command, f"{scheme}://{everyone}:7",
                             *(["x"] if "send" in command else []))
    assert result.code == 4, result
    assert f"{everyone} is the broadcast address of {one.wire}: {ONE_PEER}" in result.errors[0]


# --- services that do not echo --------------------------------------------------------------------

BANNER = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"
PAGE = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<html></html>"


def keeps_its_banner(peer, connection):
    connection.sendall(BANNER)
    while connection.recv(65536):
        pass


def closes_after_its_page(peer, connection):
    connection.recv(65536)
    connection.sendall(PAGE)


def test_a_service_that_greets_is_told_by_its_greeting():
    with stream_peer(keeps_its_banner) as peer:
        text = netecho("probe", peer.uri, "-c2", "-i200ms", "-W", "300ms")
    with stream_peer(keeps_its_banner) as peer:
        as_json = netecho("probe", peer.uri, "-c2", "-i200ms", "-W", "300ms", "--json")
    assert text.code == 1
    assert ('  note: what came is no echo: 40 B, "SSH-2.0-OpenSSH_9.2p1 Debian-2+d"…; '
            "--mode connect measures any service\n") in text.text
    assert "40 B in" in text.text
    (target,) = check(as_json.json)["targets"]
    assert target["foreign_reply"] == {
        "encoding": "utf8", "data": BANNER[:32].decode(), "size_bytes": 40, "truncated": True,
    }
    assert (target["timeout_total"], target["rx_bytes_total"]) == (2, 40)


def test_a_service_that_answers_garbage_with_a_page_and_closes_is_told_by_the_page():
    with stream_peer(closes_after_its_page) as peer:
        text = netecho("probe", peer.uri, "-c2", "-i200ms", "-W", "300ms")
    assert text.code != 0
    assert f"what came is no echo: {len(PAGE)} B, \"HTTP/1.1 400 Bad Request\\x0d\\x0aConten\"…" in text.text
    assert "--mode connect measures any service" in text.text
