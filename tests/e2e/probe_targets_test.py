"""probe of several targets, and of every transport of this machine."""

import os

import pytest
from netecho import netecho, serve
from peers import closed_port, datagram_peer
from ports import own_port
from probes import QUICK, probe, whole
from sockets import has_mptcp


@pytest.fixture(scope="module")
def server():
    name = f"netecho-targets-{os.getpid()}"
    with serve("tcp://127.0.0.1:0", "udp://127.0.0.1:0", "udp://[::1]:0", f"unix:@{name}") as one:
        yield one


def test_failing_targets_share_their_code_or_it_is_1(server):
    port = own_port()
    good, refused = server.endpoint, f"127.0.0.1:{port}"
    assert [t["exit_code"] for t in probe(good, refused, *QUICK, code=4)] == [0, 4]
    probe(refused, f"[::1]:{port}", *QUICK, code=4)
    codes = [t["exit_code"] for t in probe(refused, f"udp://127.0.0.1:{port}", *QUICK, code=1)]
    assert codes == [4, 1]


def test_several_targets_run_side_by_side_and_end_in_one_table(server):
    args = ["-c5", "-i100ms", "--format", "jsonl"]
    events = netecho("probe", *server.endpoints, *args).events
    order = [e["target"]["uri"] for e in events if e["type"] == "reply"]
    begun, ended = order.index, lambda uri: len(order) - order[::-1].index(uri)
    for uri in server.endpoints:
        assert all(begun(uri) < ended(other) for other in server.endpoints), order
    result = netecho("probe", *server.endpoints, *QUICK)
    assert (result.code, result.errors) == (0, [])
    last = result.text.rstrip("\n").splitlines()[-5:]
    for uri in server.endpoints:
        assert sum(uri in line for line in last) == 1, result


def test_the_floor_of_a_transport_is_measured_once_a_run(server):
    targets = probe(*[server.endpoints[1]] * 8, "-c20", "-i10ms")
    floors = {t["instrument"]["floor_ns"] for t in targets}
    assert len(floors - {None}) <= 1, "null where a busy machine's median is above any floor"


def test_no_floor_is_measured_after_the_deadline(server):
    for target in probe(*server.endpoints[:2], "-c0", "-i5ms", "-w1s"):
        assert target["received_total"] > 0
        assert target["instrument"]["floor_ns"] is None


def test_one_dead_target_does_not_disturb_the_others(server):
    with datagram_peer(lambda *_: None) as silent, closed_port() as port:
        targets = probe(
            server.endpoint, silent.uri, f"127.0.0.1:{port}", server.endpoints[1],
            *QUICK, "-W", "100ms", code=1,
        )
    assert whole(targets[0]) and whole(targets[3])
    assert [t["received_total"] for t in targets[1:3]] == [0, 0]
    assert [t["exit_code"] for t in targets] == [0, 1, 4, 0]


def may_not_ping(target):
    """Pings take a right that not every user has."""
    return target["target"]["transport"] == "icmp" and target["error"] is not None


def test_self_measures_every_transport_of_this_machine():
    result = netecho("probe", "--self")
    assert (result.code, result.errors) == (0, []), result
    for words in ("tcp4", "tcp6", "udp4", "udp6", "unix", "unixgram", "unixpacket"):
        assert words in result.text, result
    # A kernel without MPTCP says so of that one.
    lacking = set() if has_mptcp() else {"mptcp"}
    targets = [
        t for t in probe("--self")
        if t["target"]["transport"] not in lacking and not may_not_ping(t)
    ]
    kinds = {(t["target"]["transport"], t["target"]["socket_type"]) for t in targets}
    assert kinds - {("icmp", "datagram")} == {
        ("tcp", "stream"),
        *(() if lacking else [("mptcp", "stream")]),
        ("udp", "datagram"),
        ("unix", "stream"),
        ("unix", "datagram"),
        ("unix", "seqpacket"),
    }
    for target in targets:
        assert target["received_total"] == target["sent_total"] > 0
        assert target["rtt_ns"]["min"] > 0
    assert {t["target"]["family"] for t in targets} == {"ipv4", "ipv6", "unix"}


def test_self_takes_the_count_and_size_of_the_user():
    for target in probe("--self", "-c7", "-i50ms", "-s100"):
        if may_not_ping(target):
            continue
        lacking = target["target"]["transport"] == "mptcp" and not has_mptcp()
        expected = (0 if lacking else 7, 100)
        assert (target["scheduled_total"], target["size_bytes"]) == expected


def test_self_measures_each_size_on_every_transport_that_carries_it():
    targets = probe("--self", "-c3", "-i50ms", "--sweep", "64,70k")
    assert len(targets) == 22
    for target in targets:
        if target["target"]["transport"] == "mptcp" and not has_mptcp():
            assert (target["error"]["exit_code"], target["exit_code"]) == (4, 0)
            continue
        limited = target["target"]["transport"] in ("udp", "icmp")
        too_large = limited and target["size_bytes"] == 70 * 1024
        if may_not_ping(target) and not too_large:
            continue
        if not too_large:
            assert target["error"] is None and target["received_total"] > 0
            continue
        assert (target["scheduled_total"], target["exit_code"]) == (0, 0)
        assert "71680 bytes are above what it takes, 65507" in target["error"]["message"]
    result = netecho("probe", "--self", "-c3", "-i50ms", "--sweep", "64,70k")
    assert (result.code, result.errors) == (0, [])
    assert result.text.count("above what it takes") == 4
    assert netecho("probe", "--self", "--sweep", "64,0", "-c2", "-i50ms").code == 0
