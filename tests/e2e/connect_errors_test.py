"""What ICMP says of a TCP connection counts while it is being made, and not afterwards.

Firewalls that reject and forged errors need root (network namespaces).
"""

import signal

import pytest
from faults import doing_nothing, traced_environment
from hosts import Host, own_names
from netecho import PROJECT, finish, netecho
from peers import closed_port
from programs import network
from schema import check

PATIENCE = ["-W", "5s"]
# Port 8 has no way to it, and 9 is closed by version 6 alone.
REJECTING = """
meta nfproto ipv4 tcp dport { 8, 9 } reject with icmp type host-unreachable
meta nfproto ipv6 tcp dport 8 reject with icmpv6 type addr-unreachable
meta nfproto ipv6 tcp dport 9 reject with icmpv6 type port-unreachable
"""
OF_V4 = {"from": "127.0.0.1", "type": 3, "code": 1, "name": "host-unreachable"}
OF_V6 = {"from": "::1", "type": 1, "code": 3, "name": "host-unreachable"}
CLOSED_V6 = {"from": "::1", "type": 1, "code": 4, "name": "port-unreachable"}


@pytest.fixture(scope="module")
def host():
    with network() as (prefix, pid):
        yield Host(prefix, pid)


def attempts(host, uri):
    """The replies of connections alone, in JSON."""
    result = host.netecho("probe", uri, "--mode", "connect", "-c2", "-i50ms", *PATIENCE,
                          "--format", "jsonl")
    assert result.code == 1, result
    return [e for e in map(check, result.events) if e["type"] == "reply"]


def errors_of(host, command, uri):
    """The error of a command that cannot connect; the same in its line, the list and the summary."""
    words = {"send": ["send", uri, "x"], "probe": ["probe", uri, "-c1"]}[command]
    result = host.netecho(*words, *PATIENCE, "--json")
    whole = check(result.json)
    (error,), (target,) = whole["errors"], whole["targets"]
    assert (result.code, result.errors) == (4, ["netecho: " + error["message"]])
    assert error.items() >= target["error"].items()
    return error


@pytest.mark.parametrize("address, who, said", [
    ("127.0.0.1", "127.0.0.1", OF_V4),
    ("[::1]", "::1", OF_V6),
    # An IPv6 socket, and the segments and errors of IPv4.
    ("[::ffff:127.0.0.1]", "127.0.0.1", OF_V4),
])
def test_who_ended_a_connection_is_told_by_every_command(host, address, who, said):
    uri = f"tcp://{address}:8"
    with host.filtering("input", REJECTING):
        errors = [errors_of(host, command, uri) for command in ("send", "probe")]
        seen = attempts(host, uri)
    for error in errors:
        assert error["message"] == f"connect {uri}: host unreachable, from {who} (EHOSTUNREACH)"
        assert (error["category"], error["icmp"]) == ("connect", said)
    for reply in seen:
        assert (reply["status"], reply["errno_name"]) == ("unreachable", "EHOSTUNREACH")
        assert reply["icmp"] == said


@pytest.mark.parametrize("family, destination", [("-4", "192.0.2.9"), ("-6", "2001:db8::9")])
def test_a_route_of_this_host_is_nobodys_word(host, family, destination):
    route = f"ip {family} route %s unreachable {destination}"
    uri = f"tcp://{f'[{destination}]' if ':' in destination else destination}:7"
    with host.changed(route % "add", route % "del"):
        error = errors_of(host, "send", uri)
        seen = attempts(host, uri)
    assert error["message"] == f"connect {uri}: No route to host (EHOSTUNREACH)"
    assert error["icmp"] is None
    assert [(r["status"], r["icmp"]) for r in seen] == [("unreachable", None)] * 2


def test_of_several_addresses_the_one_is_told_that_says_most(host):
    with own_names() as (with_names, names), host.filtering("input", REJECTING):
        names("127.0.0.1 two.test\n::1 two.test\n")
        named = Host([*host.prefix, *with_names], host.pid)
        error = errors_of(named, "send", "tcp://two.test:9")
        seen = attempts(named, "tcp://two.test:9")
    assert error["icmp"] == CLOSED_V6
    assert [(r["status"], r["icmp"]) for r in seen] == [("refused", CLOSED_V6)] * 2


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_an_address_that_cannot_be_reached_leaves_it_to_the_next_one(host, address):
    with own_names() as (with_names, names), host.serve(f"tcp://{address}:0") as server:
        names("127.0.0.1 two.test\n::1 two.test\n")
        named = Host([*host.prefix, *with_names], host.pid)
        other = "ipv6" if "." in address else "ipv4"
        with host.filtering("input", f"meta nfproto {other} tcp dport {server.port} reject"):
            sent = named.netecho("send", f"tcp://two.test:{server.port}", "x", "--json")
            probed = named.netecho("probe", f"tcp://two.test:{server.port}", "--mode", "connect",
                                   "-c2", "-i50ms", "--json")
    assert (sent.code, sent.json["errors"]) == (0, [])
    assert probed.json["targets"][0]["received_total"] == 2


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_errors_that_are_forged_end_no_connection_that_stands(host, address):
    with host.serve(f"tcp://{f'[{address}]' if ':' in address else address}:0") as server:
        with host.running("probe", server.endpoint, "-c0", "-i10ms", "--json") as process:
            forge = PROJECT / "tests/support/forged_icmp.py"
            met = int(host.run("python3", forge, address, server.port, 50))
            process.send_signal(signal.SIGINT)
            result = finish(process)
    (summary,) = check(result.json)["targets"]
    assert met > 0 and result.errors == []
    assert (summary["lost_total"], summary["no_connection_total"]) == (0, 0)
    assert summary["received_total"] > 0 and summary["outages"] == []


def test_a_connection_stands_by_what_the_kernel_says_in_the_end(folder):
    """An error lies in the queue a moment before SO_ERROR has it: that alone may say there is none."""
    with closed_port() as port:
        result = netecho("probe", f"tcp://127.0.0.1:{port}", "--mode", "connect", "-c2", "-i50ms",
                         "--json", prefix=doing_nothing(folder, "getsockopt"),
                         env=traced_environment())
    (summary,) = check(result.json)["targets"]
    assert (summary["received_total"], summary["refused_total"]) == (0, 2)
