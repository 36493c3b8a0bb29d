"""serve on an interface (-I, or the zone of an address) that is deleted and made again.

The kernel binds a socket to an interface's number, and the new one has another. Needs root for
hosts of the test's own.
"""

import pytest
from hosts import plug, two_hosts
from netecho import INSTRUMENTED, eventually

LINK_LOCAL = "fe80::213:5"
OFF = ["--json", "--sandbox", "off"]


@pytest.fixture
def hosts():
    """(the server's host, the client's), joined by a cable."""
    with two_hosts() as (me, other):
        give_zone(me)
        yield me, other


def give_zone(me):
    me.ip("address", "add", f"{LINK_LOCAL}/64", "dev", me.wire, "nodad")


def delete(hosts):
    hosts[0].ip("link", "del", hosts[0].wire)


def make(hosts):
    plug(*hosts)
    give_zone(hosts[0])


def is_answered(hosts, endpoint, times=1):
    """So often: several threads share the clients."""
    me, other = hosts
    scheme, port = endpoint.split(":")[0], endpoint.rpartition(":")[2]
    host = me.v4 if scheme.endswith("4") else f"[{me.v6}]"
    if "%" in endpoint:
        host = f"[{LINK_LOCAL}%{other.wire}]"
    # The first packets over a new link may wait for its neighbors to be found.
    args = [f"{scheme}://{host}:{port}", "hello", "--retry=6", "-W1s", "--connect-timeout=1s"]
    for _ in range(times):
        result = other.netecho("send", *args)
        assert (result.code, result.stdout) == (0, b"hello"), (endpoint, result)


def check_all(hosts, server, times=1):
    for endpoint in server.endpoints:
        is_answered(hosts, endpoint, times)


def announced(server):
    """How often each endpoint was."""
    uris = [event["endpoint"]["uri"] for event in server.events("listening")]
    return {uris.count(uri) for uri in server.endpoints}


def on_every_address(hosts):
    kinds = [f"{scheme}://{host}:0" for scheme in ("udp", "tcp") for host in ("0.0.0.0", "[::]")]
    return ["-I", hosts[0].wire, *kinds, f"udp://{hosts[0].v4}:0", f"tcp://[{hosts[0].v6}]:0"]


def in_the_zone(hosts):
    return [f"{scheme}://[{LINK_LOCAL}%{hosts[0].wire}]:0" for scheme in ("udp", "tcp")]


WHERE = pytest.mark.parametrize("where", [on_every_address, in_the_zone])


@WHERE
@pytest.mark.parametrize("more", [[], ["--threads", "3"], ["--impair", "delay=1ms"],
                                  ["--user", "nobody"]], ids=lambda more: "".join(more))
def test_it_is_bound_again_without_a_sandbox(hosts, where, more):
    clients = 6 if "--threads" in more else 1
    with hosts[0].serve(*where(hosts), *OFF, *more) as server:
        check_all(hosts, server, clients)
        for times in (2, 3):
            delete(hosts)
            make(hosts)
            eventually(lambda: announced(server) == {times}, "all of them are bound again")
            check_all(hosts, server, clients)
        assert server.events("error") == []
        gone = server.stderr.count("is gone; this endpoint is bound again when")
        assert gone == 2 * len(server.endpoints)
        server.stop()
        for each in server.event("stopped")["endpoints"]:
            assert each["rx_bytes_total"] >= 3 * clients * len("hello"), "the counters go on"


@pytest.mark.skipif(INSTRUMENTED, reason="instrumented builds have no sandbox")
@pytest.mark.parametrize("threads", [1, 2])
def test_under_the_sandbox_one_error_tells_and_the_others_go_on(hosts, threads):
    lost = in_the_zone(hosts)
    v4, v6 = hosts[0].v4, f"[{hosts[0].v6}]"
    others = ["udp://0.0.0.0:0", "tcp://[::]:0", f"udp://{v4}:0", f"tcp://{v6}:0"]
    with hosts[0].serve(*others, *lost, "--threads", threads, "--json") as server:
        check_all(hosts, server)
        delete(hosts)
        eventually(lambda: len(server.events("error")) == len(lost), "each is told")
        make(hosts)
        for endpoint in server.endpoints[:len(others)]:
            is_answered(hosts, endpoint)
        errors = zip(server.endpoints[len(others):], server.events("error"), strict=True)
        for endpoint, event in errors:
            assert (event["endpoint"], event["errno_name"]) == (endpoint, "ENODEV")
            assert "restart netecho, or start it with --sandbox off" in event["message"]
            assert server.stderr.count(event["message"]) == 1
        assert announced(server) == {1}


@pytest.mark.skipif(INSTRUMENTED, reason="instrumented builds have no sandbox")
def test_with_no_endpoint_left_it_ends_with_4(hosts):
    server = hosts[0].serve(*in_the_zone(hosts), "--json")
    try:
        delete(hosts)
        assert server.wait() == 4
        assert server.event("stopped")["reason"] == "error"
    finally:
        server.kill()


def test_a_port_that_may_not_be_bound_again_is_told_and_the_others_go_on(hosts):
    endpoints = ["udp://0.0.0.0:7", "tcp://[::]:7", "udp://0.0.0.0:0"]
    with hosts[0].serve("-I", hosts[0].wire, *endpoints, *OFF, "--user", "nobody") as server:
        delete(hosts)
        make(hosts)
        eventually(lambda: len(server.events("error")) == 2, "each is told")
        server.event("listening", endpoint=server.events("listening")[2]["endpoint"])
        is_answered(hosts, server.endpoints[2])
        errors = server.events("error")
        assert {event["errno_name"] for event in errors} == {"EACCES"}
        assert [event["endpoint"] for event in errors] == server.endpoints[:2]


def test_an_address_that_goes_and_comes_back_is_served_by_itself(hosts):
    me = hosts[0]
    addresses = [me.v4, f"[{me.v6}]"]
    endpoints = [f"{scheme}://{host}:0" for scheme in ("udp", "tcp") for host in addresses]
    with me.serve(*endpoints, "--json") as server:
        check_all(hosts, server)
        for address in (f"{me.v4}/24", f"{me.v6}/64"):
            me.ip("address", "del", address, "dev", me.wire)
            me.ip("address", "add", address, "dev", me.wire, "nodad")
        check_all(hosts, server)
        delete(hosts)
        make(hosts)
        check_all(hosts, server)
        assert server.events("error") == []
