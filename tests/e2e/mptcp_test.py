"""mptcp://: TCP over one or several paths, and what becomes of it where the other end has none."""

import json
import signal
import socket

import pytest
from hosts import Host, hosts, plug, wait_for_link
from netecho import complains, netecho, serve
from peers import closed_port
from probes import IN_TURN, only, probe, usage_error
from programs import need, network
from sandboxes import IN_FULL, not_instrumented
from schema import check
from sockets import IPPROTO_MPTCP, connect, echo, has_mptcp, pattern, receive

needs_mptcp = pytest.mark.skipif(not has_mptcp(), reason="this kernel has no MPTCP, or it is off")
BOTH = pytest.mark.parametrize("local", ["127.0.0.1", "[::1]"])
# This machine's own network is looked at: `ip mptcp endpoint` may have given it more than one path.
SEVERAL = ["-c5", *IN_TURN]


def by(scheme, endpoint):
    """An endpoint, to be reached by another scheme."""
    return f"{scheme}://" + endpoint.split("://")[1]


# --- two ends -------------------------------------------------------------------------------------


@needs_mptcp
@BOTH
def test_both_ends_speak_it_and_the_summary_says_so(local):
    with serve(f"mptcp://{local}:0", "--json") as server:
        scheme = "mptcp4" if local == "127.0.0.1" else "mptcp6"
        assert server.endpoint.startswith(f"{scheme}://{local}:")
        assert server.listening(server.endpoint)["transport"] == "mptcp"
        s = only(probe(server.endpoint, *SEVERAL))
        sent = check(netecho("send", server.endpoint, "x", "--json").json)["targets"][0]
        text = netecho("probe", server.endpoint, *SEVERAL).text
    assert s["received_total"] == 5
    for summary in (s, sent):
        assert summary["mptcp"]["fallback"] is False and summary["mptcp"]["subflows"] >= 1
        for end in ("target", "peer", "local"):
            assert (summary[end]["transport"], summary[end]["socket_type"]) == ("mptcp", "stream")
    assert s["tcp_info"]["rtt_ns"] > 0 and s["path_mtu_bytes"] > 1280
    assert "mptcp over " in text and " subflow" in text


@needs_mptcp
@BOTH
@pytest.mark.parametrize("client, server", [("mptcp", "tcp"), ("tcp", "mptcp")])
def test_a_plain_end_makes_it_plain_tcp(local, client, server):
    """Only a client that asked for MPTCP has something to tell."""
    fell_back = {"fallback": True, "subflows": 1} if client == "mptcp" else None
    with serve(f"{server}://{local}:0") as one:
        target = by(client, one.endpoint)
        s = only(probe(target, *SEVERAL))
        sent = check(netecho("send", target, "x", "--json").json)["targets"][0]
        text = netecho("probe", target, *SEVERAL).text
        whole = netecho("send", target, input=pattern(3_000_000))
    assert s["received_total"] == 5 and s["mptcp"] == sent["mptcp"] == fell_back
    assert s["tcp_info"]["rtt_ns"] > 0 and s["path_mtu_bytes"] > 1280
    assert ("mptcp fell back to plain tcp" in text) == (client == "mptcp")
    assert (whole.code, whole.stdout == pattern(3_000_000)) == (0, True)


@needs_mptcp
def test_a_python_client_with_mptcp_is_echoed():
    data = pattern(2_000_000)
    with serve("mptcp://127.0.0.1:0") as server:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP) as client:
            client.settimeout(60)
            client.connect(("127.0.0.1", server.port))
            for at in range(0, len(data), 50_000):
                assert echo(client, data[at : at + 50_000]) == data[at : at + 50_000]


@needs_mptcp
def test_urgent_data_of_a_plain_client_stays_in_line():
    with serve("mptcp://127.0.0.1:0") as server, connect(server.endpoint) as client:
        for _ in range(20):
            client.sendall(b"before")
            client.send(b"!", socket.MSG_OOB)
            client.sendall(b"after")
            assert receive(client, 12) == b"before!after"


@needs_mptcp
def test_flows_are_told_one_by_one_and_together():
    with serve("mptcp://127.0.0.1:0", "tcp://127.0.0.1:0", "--threads=3") as server:
        flood = ["-c5", *IN_TURN, "--parallel=3", "--format=jsonl"]
        lines = netecho("probe", server.endpoint, *flood).events
        plain = netecho("probe", by("mptcp", server.endpoints[1]), *flood).events
    summaries = [check(e) for e in lines if e["type"] == "summary"]
    flows = [s for s in summaries if s["flow"] is not None]
    (together,) = (s for s in summaries if s["flow"] is None)
    assert len(flows) == 3
    assert together["mptcp"]["subflows"] == sum(f["mptcp"]["subflows"] for f in flows) >= 3
    assert together["mptcp"]["fallback"] is False
    (fallen,) = (e for e in plain if e["type"] == "summary" and e["flow"] is None)
    assert fallen["mptcp"] == {"fallback": True, "subflows": 3}


@needs_mptcp
def test_thresholds_can_ask_for_paths():
    with serve("mptcp://127.0.0.1:0") as server:
        one = netecho("probe", server.endpoint, *SEVERAL, "--fail-if", "mptcp.subflows<1")
        many = netecho("probe", server.endpoint, *SEVERAL, "--fail-if", "mptcp.subflows<200")
    assert (one.code, many.code) == (0, 1), (one, many)


@needs_mptcp
def test_connections_alone_are_measured_and_can_be_reset():
    with serve("mptcp://127.0.0.1:0") as server, closed_port() as port:
        for close in ([], ["--close=reset"]):
            s = only(probe(server.endpoint, *SEVERAL, "--mode=connect", *close))
            assert s["received_total"] == 5 and s["connect_time_ns"]["min"] > 0
            assert s["mptcp"] is None, "none of them stands any more"
        s = only(probe(f"mptcp://127.0.0.1:{port}", *SEVERAL, "--mode=connect", code=1))
        assert s["refused_total"] == 5


@needs_mptcp
@not_instrumented
def test_it_is_served_in_the_whole_sandbox():
    with serve("mptcp://127.0.0.1:0", "mptcp://[::1]:0", "--threads=2", *IN_FULL) as server:
        for endpoint in server.endpoints:
            result = netecho("send", endpoint, input=pattern(1_000_000))
            assert (result.code, result.stdout == pattern(1_000_000)) == (0, True)


# --- its options ----------------------------------------------------------------------------------


@needs_mptcp
def test_a_segment_size_is_offered_to_the_peer():
    with serve("mptcp://127.0.0.1:0", "--mss", "600") as server, connect(server.endpoint) as client:
        assert echo(client, b"x") == b"x"
        assert client.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 600
    with serve("mptcp://127.0.0.1:0") as server:
        s = only(probe(server.endpoint, *SEVERAL, "--mss", "600"))
        assert s["tcp_info"]["mss_bytes"] <= 600


@needs_mptcp
@pytest.mark.parametrize("option", [
    ["--keepalive=7s,3s,4"], ["--nagle"], ["--rcvbuf=64k", "--sndbuf=64k"],
    ["-I", "lo"], ["--backlog=5", "--reuseport"],
])
def test_options_of_tcp_are_taken(option):
    with serve("mptcp://127.0.0.1:0", *option) as server:
        if "--reuseport" in option:
            option = ["-B", "127.0.0.9"]
        result = netecho("send", server.endpoint, "x", *option)
        assert (result.code, result.stdout, result.stderr) == (0, b"x", b""), result


@needs_mptcp
@BOTH
def test_a_class_of_traffic_is_set_or_refused_in_one_line(local):
    """Linux knows IP_TOS of an MPTCP socket, and (in 6.18) no IPV6_TCLASS."""
    with serve(f"mptcp://{local}:0") as server:
        result = netecho("send", server.endpoint, "x", "--tos=8")
    if result.code == 0:
        assert result.stdout == b"x"
    else:
        assert local == "[::1]"
        assert "setsockopt --tos" in complains(result, 4)


@pytest.mark.parametrize("option", [["--ttl=5"], ["--df=do"]])
def test_options_that_it_has_not_are_refused(option):
    for command in (["serve", "mptcp://127.0.0.1:0"], ["send", "mptcp://127.0.0.1:7", "x"]):
        assert option[0].partition("=")[0] in complains(netecho(*command, *option), 2)


def test_the_kernel_has_no_stamps_for_it():
    line = usage_error("mptcp://127.0.0.1:7", "--timestamps=kernel")
    assert "the kernel has no stamps for mptcp://127.0.0.1:7" in line


# --- a machine without it -------------------------------------------------------------------------


@needs_mptcp
def test_where_it_is_off_one_line_says_so():
    with network() as made:
        host = Host(*made)
        host.shell("echo 0 >/proc/sys/net/mptcp/enabled")
        for command in (["serve", "mptcp://127.0.0.1:0"], ["send", "mptcp://localhost:7", "x"],
                        ["probe", "mptcp6://[::1]:7"],
                        ["probe", "mptcp://no-such-host.invalid:7", "--mode=connect"]):
            line = complains(host.netecho(*command), 4)
            assert command[1] in line and "sysctl net.mptcp.enabled" in line
        own = host.netecho("probe", "--self", "-c3", "-i50ms", "--json")
        assert own.code == 0 and check(own.json)["errors"] == []
        for target in own.json["targets"]:
            lacking = target["target"]["transport"] == "mptcp"
            assert (target["error"] is not None) == lacking and target["exit_code"] == 0
            assert lacking or target["received_total"] > 0
        with host.serve("tcp://127.0.0.1:0") as server:
            assert host.netecho("send", server.endpoint, "x").code == 0


# --- two paths ------------------------------------------------------------------------------------


def ready_for_two_paths(one, other):
    """Two cables; the client's second address takes part, as does the server's once it is told."""
    need("ip")
    first = None
    for number in range(2):
        plug(one, other, number)
        wait_for_link(one, other)
        first = first or other.v4
    for host in (one, other):
        host.ip("mptcp", "limits", "set", "subflows", 2, "add_addr_accepted", 2)
    return first


def last_summary_with(host, target, subflows):
    """A probe that runs until an interim report tells so many; what its summary says then."""
    args = ["-c0", "-i20ms", "--report-interval=100ms", "--format=jsonl"]
    with host.running("probe", target, *args) as process:
        told = (json.loads(line) for line in process.stdout)
        for event in told:
            known = event["type"] == "interval" and event["mptcp"]
            if known and known["subflows"] == subflows:
                break
        process.send_signal(signal.SIGINT)
        *_, summary = (event for event in told if event["type"] == "summary")
    return check(summary)


@needs_mptcp
@pytest.mark.parametrize("who", ["client", "server"])
def test_a_second_path_is_told(who):
    with hosts(2) as (client, other):
        address = ready_for_two_paths(client, other)
        if who == "client":
            client.ip("mptcp", "endpoint", "add", client.v4, "dev", client.wire, "subflow")
        else:
            other.ip("mptcp", "endpoint", "add", other.v4, "dev", other.wire, "signal")
        # What joins at another address of the server has to find it there.
        with other.serve("mptcp4://:0", f"tcp://{address}:0") as server:
            s = last_summary_with(client, f"mptcp://{address}:{server.port}", 2)
            assert s["mptcp"] == {"fallback": False, "subflows": 2}
            assert s["lost_total"] == 0 and s["received_total"] > 0
            s = last_summary_with(client, by("mptcp", server.endpoints[1]), 1)
            assert s["mptcp"] == {"fallback": True, "subflows": 1}


@needs_mptcp
def test_a_connection_outlives_the_path_that_it_began_on():
    with hosts(2) as (client, other):
        address = ready_for_two_paths(client, other)
        client.ip("mptcp", "endpoint", "add", client.v4, "dev", client.wire, "subflow")
        with other.serve(f"mptcp://{address}:0") as server:
            args = ["-c0", "-i20ms", "-W60s", "--report-interval=100ms", "--format=jsonl"]
            with client.running("probe", server.endpoint, *args) as process:
                told = (json.loads(line) for line in process.stdout)
                next(e for e in told if e["type"] == "interval"
                     and e["mptcp"] and e["mptcp"]["subflows"] == 2)
                client.ip("link", "set", "wire0", "down")
                before = next(e for e in told if e["type"] == "reply")["sequence"]
                next(e for e in told if e["type"] == "reply" and e["sequence"] > before + 50
                     and e["status"] == "ok")
                process.send_signal(signal.SIGINT)
                *_, s = (event for event in told if event["type"] == "summary")
    assert check(s)["error"] is None and s["lost_total"] == 0
