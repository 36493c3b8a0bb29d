"""What changes under a running probe: this host's address, its interface, a name, the server.

The probe goes on by itself, and tells the gap as one outage. Needs root for hosts of the test's
own.
"""

import contextlib

import pytest
from hosts import Host, own_names, plug, two_hosts
from netecho import running, serve
from ports import own_port
from programs import network
from watched_probe import probed_through

INTERVAL_NS = 20_000_000
EVERY_20_MS = ["-c0", "-i20ms", "-W", "200ms", "--format", "jsonl", "-w", "18s"]


@pytest.fixture
def hosts():
    """(this host, the other one), joined by a cable."""
    with two_hosts() as ends:
        yield ends


def the_other(hosts, transport, family):
    """A server over there."""
    host = hosts[1].v4 if family == "v4" else f"[{hosts[1].v6}]"
    return hosts[1].serve(f"{transport}://{host}:0")


def check_that_it_went_on(result):
    assert (result.code, result.errors) == (0, []), result
    summary = result.events[-1]
    assert summary["error"] is None
    return summary


ALL = pytest.mark.parametrize(
    "transport, family", [("udp", "v4"), ("udp", "v6"), ("tcp", "v4"), ("tcp", "v6")]
)


@ALL
def test_this_hosts_address_changes(hosts, transport, family):
    me, _ = hosts
    old, new = (me.v4, "10.213.0.77") if family == "v4" else (me.v6, "fd00:213:0::77")
    bits = "/24" if family == "v4" else "/64"
    with the_other(hosts, transport, family) as server:
        with me.running("probe", server.endpoint, "--retry", *EVERY_20_MS) as process:
            result = probed_through(
                process, INTERVAL_NS,
                breaks=lambda: me.ip("address", "del", old + bits, "dev", me.wire),
                mends=lambda: me.ip("address", "add", new + bits, "dev", me.wire, "nodad"),
            )
    assert check_that_it_went_on(result)["local"]["address"] == new.replace(":0::", "::")


@ALL
@pytest.mark.parametrize("by_name", [False, True], ids=["", "-I"])
def test_an_interface_is_deleted_and_made_anew(hosts, transport, family, by_name):
    me, other = hosts
    with the_other(hosts, transport, family) as server:
        args = ["--retry", *EVERY_20_MS, *(["-I", me.wire] if by_name else [])]
        with me.running("probe", server.endpoint, *args) as process:
            result = probed_through(
                process, INTERVAL_NS,
                breaks=lambda: me.ip("link", "del", me.wire),
                mends=lambda: plug(me, other),
            )
    check_that_it_went_on(result)


def test_an_address_that_was_asked_for_is_the_one_that_is_waited_for(hosts):
    """With -B no other source will do, even if there is one."""
    me, other = hosts
    with the_other(hosts, "udp", "v4") as server:
        args = ["-B", me.v4, *EVERY_20_MS]

        def change():
            me.shell(
                f"echo 1 >/proc/sys/net/ipv4/conf/{me.wire}/promote_secondaries",
                f"ip address add 10.213.0.77/24 dev {me.wire}",
                f"ip address del {me.v4}/24 dev {me.wire}",
            )
            assert me.reaches(other.v4), "there is another source"

        with me.running("probe", server.endpoint, *args) as process:
            result = probed_through(
                process, INTERVAL_NS,
                breaks=change,
                mends=lambda: me.ip("address", "add", me.v4 + "/24", "dev", me.wire),
            )
    assert check_that_it_went_on(result)["local"]["address"] == me.v4


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_name_moves_to_another_host(transport):
    """The address that it stood for is gone, as if its host had been moved."""
    with network() as (prefix, pid), own_names() as (with_names, names):
        host = Host([*prefix, *with_names], pid)
        names("10.99.0.1 moving.test\n")
        host.shell("ip address add 10.99.0.1 dev lo", "ip address add 10.99.0.2 dev lo")
        with host.serve(f"{transport}://10.99.0.1:0") as old:
            with host.serve(f"{transport}://10.99.0.2:{old.port}") as new:
                target = f"{transport}://moving.test:{old.port}"
                with host.running("probe", target, "--retry", *EVERY_20_MS) as process:
                    result = probed_through(
                        process, INTERVAL_NS,
                        breaks=lambda: host.ip("address", "del", "10.99.0.1/32", "dev", "lo"),
                        mends=lambda: names("10.99.0.2 moving.test\n"),
                    )
                assert check_that_it_went_on(result)["peer"]["uri"] == new.endpoint


@pytest.mark.parametrize("transport", ["tcp", "udp", "unix", "unixgram", "unixpacket"])
def test_the_server_is_started_again(folder, transport):
    on_ip = transport in ("tcp", "udp")
    uri = f"{transport}://127.0.0.1:{own_port()}" if on_ip else f"{transport}:{folder}/s"
    first = serve(uri)
    with contextlib.ExitStack() as stack:
        again = [uri] if on_ip else [uri, "--unix-replace"]
        process = stack.enter_context(running("probe", uri, "--retry", *EVERY_20_MS))
        result = probed_through(
            process, INTERVAL_NS,
            breaks=first.kill,
            mends=lambda: stack.enter_context(serve(*again)),
        )
        check_that_it_went_on(result)
