"""netecho wait between hosts of the test's own: pings, frames of Ethernet, and silence. Needs root."""

import contextlib
import time

import ctp
import pytest
from hosts import Host, asking, two_hosts
from netecho import complains, finish
from pings import allow
from programs import need, network
from schema import check


@pytest.fixture(scope="module")
def pair():
    """(the client's host, the server's), joined by a cable."""
    with two_hosts() as (here, there):
        yield here, there


@contextlib.contextmanager
def host_of_its_own(socket):
    with network() as (prefix, pid):
        host = Host(prefix, pid)
        allow(host, socket)
        yield host


def without_right(host):
    """The same host for a root that may have no raw socket."""
    limits = ["--bounding-set=-net_raw", "--inh-caps=-net_raw"]
    return Host([*host.prefix, need("setpriv"), *limits], host.pid)


def answered(result):
    assert (result.code, result.stdout, result.stderr) == (0, b"", b""), result


@pytest.mark.parametrize("socket", ["ping", "raw"])
@pytest.mark.parametrize("options", [[], ["--echo"]], ids=" ".join)
def test_a_host_that_answers_pings_answers(socket, options):
    with host_of_its_own(socket) as host:
        answered(host.netecho("wait", "icmp://127.0.0.1", "icmp6://[::1]", *options))


def test_without_the_right_to_ping_it_ends_at_once():
    with host_of_its_own("raw") as host:
        command = ["wait", "icmp://127.0.0.1", "-w", "0"]
        line = complains(without_right(host).netecho(*command), 7)
        (event,) = without_right(host).netecho(*command, "--json").events
    assert "no right to ping" in line
    assert check(event)["exit_code"] == 7 and event["category"] == "permission"


@pytest.mark.parametrize("options", [[], ["--echo"]], ids=" ".join)
def test_a_station_answers_by_its_address_or_as_one_of_all(pair, options):
    here, there = pair
    with there.serve(f"packet://{there.wire}"):
        answered(here.netecho("wait", f"packet://{here.wire}/{ctp.mac_of(there)}", *options))
        answered(here.netecho("wait", f"packet://{here.wire}", *options))


def test_without_the_right_to_frames_it_ends_at_once(pair):
    here, there = pair
    uri = f"packet://{here.wire}/{ctp.mac_of(there)}"
    assert "setcap cap_net_raw+ep /" in complains(
        without_right(here).netecho("wait", uri, "-w", "0"), 7)


def test_an_interface_that_comes_later_is_waited_for(pair):
    here, there = pair
    command = ["wait", "packet://later0", "-w", "100s", "-i", "20ms", "-v"]
    with there.serve(f"packet://{there.wire}"), here.running(*command) as waiting:
        assert b"there is no interface later0" in waiting.stderr.readline()
        with here.changed(f"ip link set {here.wire} down && ip link set {here.wire} name later0 && "
                          "ip link set later0 up",
                          f"ip link set later0 down && ip link set later0 name {here.wire} && "
                          f"ip link set {here.wire} up"):
            assert finish(waiting).code == 0


def test_silence_and_names_that_nobody_knows_delay_no_other(pair):
    here, there = pair
    rule = "meta l4proto { tcp, udp } th dport { 53, 7001 }"
    with there.dropping("input", rule), asking(here, there.v4) as me:
        with there.serve(f"tcp://{there.v4}:0") as server:
            silent = ["tcp://name.test:7", f"tcp://{there.v4}:7001", f"udp://{there.v4}:7001"]
            started = time.monotonic()
            # Its look-up goes on in a thread, whose descriptors are its own.
            listed = me.netecho("wait", "--any", *silent, server.endpoint, "--", "ls", "/proc/self/fd")
            assert (listed.code, listed.stdout.split()) == (0, [b"0", b"1", b"2", b"3"]), listed
            assert time.monotonic() - started < 4, "an attempt at a silent one takes 5 s"
            result = me.netecho("wait", *silent, server.endpoint, "-w", "500ms")
    assert (result.code, result.stdout) == (1, b"")
    assert result.errors == [f"netecho: wait {uri}: no answer within 500 ms" for uri in silent]
    assert time.monotonic() - started < 60
