"""probe --mode connect: every address of a name has its turn, and how connections end."""

import contextlib
import os
import pathlib
import socket
import subprocess
import sys

import pytest
from hosts import Host, own_names
from netecho import netecho, serve
from peers import closed_port
from ports import own_port
from probes import IN_TURN
from programs import network
from schema import check

QUICK = ["-c5", "-i20ms"]


def connects(*args, code=0, **popen):
    result = netecho("probe", "--mode", "connect", *args, "--json", **popen)
    assert result.code == code, result
    return check(result.json)["targets"]


def has_ipv6():
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("served", ["127.0.0.1", "[::1]"])
def test_an_address_that_refuses_is_left_for_the_next_at_once(served):
    if not has_ipv6():
        pytest.skip("this host has no IPv6")
    with serve(f"tcp://{served}:{own_port()}") as server:
        (s,) = connects(f"localhost:{server.port}", *QUICK)
    assert s["received_total"] == s["sent_total"] > 0
    assert s["peer"]["uri"] == server.endpoint
    assert s["refused_total"] == 0


@contextlib.contextmanager
def silent_port(address, family, port):
    """A port at which connections stay in the air: its backlog is full, so the kernel drops more."""
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.socket(family))
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            caller = held.enter_context(socket.socket(family))
            caller.setblocking(False)
            caller.connect_ex((address, port))
        yield


@pytest.mark.parametrize(
    ("silent", "family", "answers"),
    [("127.0.0.1", socket.AF_INET, "[::1]"), ("::1", socket.AF_INET6, "127.0.0.1")],
)
def test_an_address_that_never_answers_costs_a_moment_and_no_probe(silent, family, answers):
    if not has_ipv6():
        pytest.skip("this host has no IPv6")
    port = own_port()
    with silent_port(silent, family, port), serve(f"tcp://{answers}:{port}") as server:
        (s,) = connects(f"localhost:{port}", "-c3", "-i50ms", "-W30s")
    assert s["received_total"] == s["sent_total"] > 0
    assert s["peer"]["uri"] == server.endpoint


def test_the_peer_of_each_reply_is_the_address_that_accepted():
    with serve("tcp://127.0.0.1:0") as server, closed_port() as gone:
        result = netecho("probe", "--mode", "connect", server.endpoint, f"127.0.0.1:{gone}",
                         *QUICK, "--format", "jsonl")
    replies = [check(e) for e in result.events if e["type"] == "reply"]
    accepted = [r for r in replies if r["status"] == "ok"]
    refused = [r for r in replies if r["status"] == "refused"]
    assert accepted and {r["peer"]["uri"] for r in accepted} == {server.endpoint}
    assert refused and {r["peer"] and r["peer"]["uri"] for r in refused} == {None}


def test_replies_of_echo_probes_name_their_peer_too():
    with serve("udp://127.0.0.1:0", "tcp://127.0.0.1:0") as server:
        for uri in server.endpoints:
            result = netecho("probe", uri, *QUICK, "--format", "jsonl")
            replies = [check(e) for e in result.events if e["type"] == "reply"]
            peers = {r["peer"]["uri"] for r in replies if r["status"] == "ok"}
            assert peers == {uri}


def test_unix_listeners_are_named_as_peers(tmp_path):
    with serve(f"unix:{tmp_path}/s") as server:
        (s,) = connects(server.endpoint, *QUICK)
    assert s["peer"]["path"] == f"{tmp_path}/s"


def waiting_ports(port):
    """Connections to this port that wait after their end (TIME_WAIT), by their own ports."""
    lines = [line.split() for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {line[1] for line in lines if line[2].endswith(f":{port:04X}") and line[3] == "06"}


@pytest.mark.parametrize(("end", "waits"), [("fin", True), ("reset", False)])
def test_a_connection_that_is_reset_leaves_no_port_behind(end, waits):
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        port = listener.getsockname()[1]
        others = waiting_ports(port)  # They are of whoever had this port before.
        # Nobody accepts, so it is the client that ends each connection first.
        (s,) = connects(f"127.0.0.1:{port}", *QUICK, "--close", end)
        assert s["received_total"] > 0
        listener.settimeout(5)
        for _ in range(s["received_total"]):
            accepted, _ = listener.accept()
            try:
                assert accepted.recv(1) == b"" and end == "fin"
            except ConnectionResetError:
                assert end == "reset"
            accepted.close()
        assert bool(waiting_ports(port) - others) == waits


def test_a_unix_connection_has_no_reset(tmp_path):
    result = netecho("probe", "--mode", "connect", f"unix:{tmp_path}/s", "--close", "reset")
    assert result.code == 2
    assert "--close" in result.errors[0]


def in_a_network_of_its_own(script):
    if os.geteuid() != 0:
        pytest.skip("needs root: a network namespace")
    made = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("needs a network namespace")
    return ["unshare", "-n", "sh", "-c", f'ip link set lo up; {script} exec "$0" "$@"']


def few_ports(low, high):
    return in_a_network_of_its_own(
        f"echo {low} {high} > /proc/sys/net/ipv4/ip_local_port_range;"
    )


LISTENER = """
import socket, subprocess, sys
with socket.create_server(("127.0.0.1", 7000), backlog=64) as listener:
    sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""


def test_no_local_port_left_is_said_and_reset_gets_along_without():
    prefix = [*few_ports(40000, 40003), sys.executable, "-c", LISTENER]
    (s,) = connects("127.0.0.1:7000", "-c12", *IN_TURN, prefix=prefix)
    assert s["send_error_total"] > 0 and s["received_total"] > 0
    text = netecho("probe", "--mode", "connect", "127.0.0.1:7000", "-c12", *IN_TURN,
                   prefix=prefix).text
    assert "--close reset" in text and "EADDRNOTAVAIL" in text
    (s,) = connects("127.0.0.1:7000", "-c12", *IN_TURN, "--close=reset", prefix=prefix)
    assert s["send_error_total"] == 0


def test_meeting_itself_is_no_connection():
    # The only port that a client can have is the one that it connects to.
    prefix = few_ports(40001, 40001)
    (s,) = connects("127.0.0.1:40001", "-c3", "-i50ms", code=1, prefix=prefix)
    assert (s["received_total"], s["peer"]) == (0, None)


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
@pytest.mark.parametrize("pace", [["--flood", "--window", "8"], ["-i", "5ms"]])
def test_what_the_first_address_refuses_goes_to_the_next_one_whole(address, pace):
    """An ICMP error quotes at most 1,232 bytes of it. One of the two addresses is the first."""
    with network() as (prefix, pid), own_names() as (with_names, names):
        host = Host([*prefix, *with_names], pid)
        names("127.0.0.1 two.test\n::1 two.test\n")
        with host.serve(f"udp://{address}:0", "--json", "--trace") as server:
            result = host.netecho("probe", f"udp://two.test:{server.port}", "-c", "40", *pace,
                                  "--size", "4000", "--json")
            assert server.stop() == 0
            assert {e["rx_bytes"] for e in server.events("datagram")} == {4000}
    (summary,) = result.json["targets"]
    assert result.code == 0 and summary["sent_total"] == summary["received_total"] > 0
