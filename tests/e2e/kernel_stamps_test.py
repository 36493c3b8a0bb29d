"""--timestamps kernel: each round trip is that of the probe's own stamps, whatever came between."""

import json
import signal

import pytest
from hosts import Host, own_names, two_hosts
from netecho import netecho, running, serve
from ports import own_port
from programs import network
from schema import check

EVERY_5_MS = ["-c30", "-i5ms", "--timestamps", "kernel", "--json"]


def check_kernel_round_trips(result):
    (s,) = check(result.json)["targets"]
    assert result.code == 0 and s["received_total"] > 0, result
    assert s["instrument"]["discarded_total"] == 0, result
    # It is a part of the user's figure; that of another probe would be off by an interval.
    for key in ("min", "p50", "max"):
        assert 0 < s["rtt_kernel_ns"][key] < s["rtt_ns"][key], key
    return s


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_warm_up_probes_shift_nothing(transport):
    with serve(f"{transport}://127.0.0.1:0") as server:
        check_kernel_round_trips(netecho("probe", server.endpoint, "--warmup", "5", *EVERY_5_MS))


def test_probes_that_this_hosts_firewall_drops_shift_nothing():
    """The kernel has numbered them when it refuses them."""
    with two_hosts() as (client, other), other.serve(f"udp://{other.v4}:0") as server:
        with client.dropping("output", f"udp dport {server.port} numgen inc mod 3 1"):
            s = check_kernel_round_trips(client.netecho("probe", server.endpoint, *EVERY_5_MS))
    assert s["send_error_total"] > 0


@pytest.mark.parametrize("address", ["127.0.0.1", "[::1]"])
def test_a_name_whose_first_address_refuses_is_told_as_the_one_that_answers(address):
    """One of the two is the first."""
    with network() as (prefix, pid), own_names() as (with_names, names):
        host = Host([*prefix, *with_names], pid)
        names("127.0.0.1 two.test\n::1 two.test\n")
        with host.serve(f"udp://{address}:0") as server:
            target = f"udp://two.test:{server.port}"
            s = check_kernel_round_trips(host.netecho("probe", target, *EVERY_5_MS))
            sent = host.netecho("send", target, "x", "--json").json["targets"][0]
    for summary in (s, sent):
        assert summary["peer"]["uri"] == server.endpoint
        assert summary["local"]["address"] == address.strip("[]")


def test_a_port_that_refuses_at_first_shifts_nothing():
    uri = f"udp://127.0.0.1:{own_port()}"
    args = ["-c0", "-i5ms", "--timestamps", "kernel", "--format", "jsonl", "-w", "15s"]
    with running("probe", uri, *args) as process:
        for line in process.stdout:
            if b'"refused"' in line:
                break
        with serve(uri):
            answered = (line for line in process.stdout if b'"ok"' in line)
            for _ in range(10):
                next(answered)
            process.send_signal(signal.SIGINT)
            *_, last = process.stdout
    s = check(json.loads(last))
    assert s["refused_total"] > 0 and s["instrument"]["discarded_total"] == 0
    for key in ("min", "max"):
        assert 0 < s["rtt_kernel_ns"][key] < s["rtt_ns"][key], key
