"""What tests of packet:// and ipx:// share: hosts, endpoints, probes, counters, and what is to be
the same over both."""

import json

import ipx
import pytest
from hosts import two_hosts
from netecho import complains
from probes import only
from schema import check

SOCKETS = {"echo": "0002", "ping": "9086"}


@pytest.fixture(scope="module")
def pair():
    """(the client's host, the server's), joined by a cable."""
    with two_hosts() as ends:
        yield ends


def uri(host, mac, net=0, sock="0002"):
    return f"ipx://{host.wire}/{net:08x}.{ipx.node_of(mac)}:{sock}"


def probe(host, *args, code=0):
    result = host.netecho("probe", *args, "--json")
    assert result.code == code, result
    return only(check(result.json)["targets"])


def stopped(server):
    """The counters of its only endpoint, and why it dropped what."""
    assert server.stop() == 0, server.stderr
    counts = only(check(server.event("stopped"))["endpoints"])
    return counts, {k: v for k, v in counts["dropped_total"].items() if v}


def has_round_trips_by_kernel_stamps(host, target):
    s = probe(host, target, "-c30", "-i5ms", "--warmup", "3", "--timestamps", "kernel")
    assert s["received_total"] > 0 and s["instrument"]["discarded_total"] == 0
    for key in ("min", "p50", "max"):
        assert 0 < s["rtt_kernel_ns"][key] < s["rtt_ns"][key], key


def suffers_an_outage(host, target):
    """While the host's cable is out, a probe of a station tells so, and goes on after it."""
    args = [target, "-c0", "-i10ms", "-W200ms", "--format", "jsonl", "-w60s"]
    with host.running("probe", *args) as process:
        lines = iter(process.stdout.readline, b"")
        next(line for line in lines if b'"status":"ok"' in line)
        with host.changed(f"ip link set {host.wire} down", f"ip link set {host.wire} up"):
            next(line for line in lines if b'"status":"send_error"' in line)
        next(line for line in lines if b'"status":"ok"' in line)
        process.terminate()
        *_, last = lines
    s = check(json.loads(last))
    assert s["received_total"] > 0 and s["send_error_total"] > 0
    assert {each["errno_name"] for each in s["send_errors"]} <= {"ENETDOWN", "ENXIO", "ENOBUFS"}
    assert len(s["outages"]) >= 1 and s["error"] is None


def is_told_of_interfaces(host, command, endpoint):
    """Whoever names nosuch0, which does not exist, is told which interfaces do."""
    line = complains(host.netecho(command, endpoint, *(["x"] if command == "send" else [])), 4)
    assert "there is no interface nosuch0" in line and host.wire in line and "lo" in line


def is_told_the_remedy(host, command, endpoint):
    """Whoever may not have frames is told what gives the right to them."""
    host.prefix, before = [*host.prefix, "setpriv", "--bounding-set=-net_raw",
                           "--inh-caps=-net_raw"], host.prefix
    try:
        line = complains(host.netecho(command, endpoint), 7)
    finally:
        host.prefix = before
    assert "setcap cap_net_raw+ep /" in line and line.endswith("(EPERM)")


# --- a probe of an interface finds all its stations -----------------------------------------------


def finds(host, addresses, *args):
    """Each of these stations is listed, and answered every probe."""
    s = probe(host, *args, "-c5", "-i50ms")
    assert s["sent_total"] == s["received_total"] > 0 and s["duplicate_total"] == 0
    assert {each["address"] for each in s["stations"]} == addresses
    for each in s["stations"]:
        assert (each["received_total"], each["duplicate_total"]) == (s["sent_total"], 0)
        assert 0 < each["rtt_ns"]["min"] <= each["rtt_ns"]["p50"] <= each["rtt_ns"]["max"]
    firsts = min(each["rtt_ns"]["min"] for each in s["stations"])
    assert s["rtt_ns"]["min"] == firsts


def answers_of_all(host, endpoint, stations):
    """Each answer of so many stations is an event; the URIs of who answered."""
    result = host.netecho("probe", endpoint, "-c3", "-i50ms", "--format", "jsonl")
    assert result.code == 0, result
    replies = [check(e) for e in result.events if e["type"] == "reply" and e["status"] == "ok"]
    s = only([check(e) for e in result.events if e["type"] == "summary"])
    assert len(replies) == stations * s["received_total"]
    answers = {(e["sequence"], e["peer"]["address"]) for e in replies}
    assert len(answers) == len(replies), "each of them once"
    assert all(e["rtt_ns"] > 0 and e["target"]["uri"] == endpoint for e in replies)
    return {e["peer"]["uri"] for e in replies}


def tells_two_from_twice(host, endpoint, single, double):
    """One station answers once and the other twice."""
    s = probe(host, endpoint, "-c10", "-i50ms")
    duplicates = {each["address"]: each["duplicate_total"] for each in s["stations"]}
    assert duplicates == {single: 0, double: s["received_total"]}
    assert s["duplicate_total"] == s["received_total"]


def is_read_by_people(host, endpoint, addresses):
    """A line a station."""
    result = host.netecho("probe", endpoint, "-c2", "-i100ms")
    assert f"{len(addresses)} stations answered" in result.text
    for address in addresses:
        assert f"  {address}: 2 received, rtt min/mean/max " in result.text
        assert f" from {address}" in result.text
