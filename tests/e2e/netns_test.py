"""probe across networks of the test's own: slow, lossy, cut, narrow, closed. Needs root.

Every loss is made by the kernel's own tools, which count what they did: netecho's counts are
compared with theirs.
"""

import json
import os
import signal
from datetime import datetime, timezone

import pytest
from hosts import hosts_with_a_router_between, two_hosts
from netecho import eventually, finish, netecho
from schema import check

FAMILIES = pytest.mark.parametrize("family", ["v4", "v6"])


@pytest.fixture(scope="module")
def link():
    """For tests that leave it as it was."""
    with two_hosts() as ends:
        yield ends


def at(host, family, port=0):
    return f"{host.v4}:{port}" if family == "v4" else f"[{host.v6}]:{port}"


def port_of(endpoint):
    return endpoint.rpartition(":")[2]


def probe(host, *args, code=0):
    """The summaries of a probe that is to end with this code; each is checked."""
    result = host.netecho("probe", *args, "--json")
    assert result.code == code, result
    return check(result.json)["targets"]


def only(targets):
    (target,) = targets
    return target


# --- loss, one way or the other -------------------------------------------------------------------

EVERY_TENTH = "numgen inc mod 10 0"


@FAMILIES
@pytest.mark.parametrize("schedule", [["-c50", "-i10ms"], ["--flood", "--window=40", "-c400"]])
def test_losses_on_the_way_there_are_told_from_those_on_the_way_back(link, family, schedule):
    client, other = link
    client.cut_trains_up()
    other.cut_trains_up()
    # A flood has more than the 1000 replies a second that a source gets by default.
    with other.serve(f"udp://{at(other, family)}", "--udp-max-rate=0") as server:
        port = port_of(server.endpoint)
        requests, replies = f"udp dport {port} {EVERY_TENTH}", f"udp sport {port} {EVERY_TENTH}"
        with other.dropping("input", requests):
            s = only(probe(client, server.endpoint, *schedule, "-W", "400ms"))
            assert_attributed(s, "lost_forward_total", "lost_reverse_total", other.dropped())
        with client.dropping("input", replies):
            s = only(probe(client, server.endpoint, *schedule, "-W", "400ms"))
            assert_attributed(s, "lost_reverse_total", "lost_forward_total", client.dropped())
        with other.dropping("input", requests), client.dropping("input", replies):
            s = only(probe(client, server.endpoint, *schedule, "-W", "400ms"))
            there, back = other.dropped(), client.dropped()
    assert s["lost_total"] == there + back + s["late_total"]
    assert there - 2 <= s["lost_forward_total"] <= there
    assert back - 2 <= s["lost_reverse_total"] <= back + s["late_total"]


def assert_attributed(s, lossy, clean, dropped):
    """Exactly what the firewall dropped, less what is behind the last reply and can't be told."""
    assert dropped == (s["sent_total"] + 9) // 10, "every tenth"
    assert s["timeout_total"] == s["lost_total"] == dropped + s["late_total"]
    behind = 1 if s["sent_total"] % 10 == 1 else 0
    if s["schedule"] == "flood" or s["late_total"] > 0:
        assert dropped - 1 <= s[lossy] <= dropped + s["late_total"]
        assert s[clean] <= s["late_total"]
    else:
        assert (s[lossy], s[clean]) == (dropped - behind, 0)
    assert s["duplicate_total"] == s["reordered_total"] == 0


@FAMILIES
def test_a_lossy_path_costs_a_stream_time_and_no_probe(link, family):
    client, other = link
    with other.serve(f"tcp://{at(other, family)}") as server:
        with other.dropping("input", f"tcp dport {port_of(server.endpoint)} {EVERY_TENTH}"):
            s = only(probe(client, server.endpoint, "-c60", "-i5ms", "-W", "10s"))
    assert s["received_total"] == s["sent_total"] > 0
    assert s["tcp_info"]["retransmits_total"] > 0
    assert s["lost_forward_total"] == s["lost_reverse_total"] == 0
    assert s["rtt_ns"]["max"] > 5_000_000, "a retransmission takes a while"


@FAMILIES
def test_what_this_hosts_own_firewall_drops_was_never_sent(link, family):
    """The kernel says so of the very send that it dropped (EPERM)."""
    client, other = link
    with other.serve(f"udp://{at(other, family)}") as server:
        with client.dropping("output", f"udp dport {port_of(server.endpoint)} {EVERY_TENTH}"):
            s = only(probe(client, server.endpoint, "-c50", "-i10ms"))
            assert s["send_error_total"] == client.dropped() > 0
    assert s["received_total"] == s["sent_total"] > 0


# --- a slow link ----------------------------------------------------------------------------------


def test_a_slow_link_shows_in_the_round_trip_and_in_the_rate(link):
    client, other = link
    flood = ["--flood", "--window", "8", "-s", "1000", "-c", "48", "-W", "5s"]
    with other.serve(f"udp://{other.v4}:0", f"tcp://{other.v4}:0") as server:
        fast = probe(client, *server.endpoints, *flood)
        root = f"dev {client.wire} root"
        slow_down = f"tc qdisc add {root} tbf rate 1mbit burst 2k latency 2s"
        with client.changed(slow_down, f"tc qdisc del {root}"):
            slow = [only(probe(client, uri, *flood)) for uri in server.endpoints]
    for before, s in zip(fast, slow):
        assert s["lost_total"] == 0
        # 1042 bytes a frame at 1 Mbit/s: 8.3 ms each, 8 of them in the queue.
        assert s["rtt_ns"]["p50"] > 30_000_000 > before["rtt_ns"]["min"]
        assert s["achieved_per_second"] < 200
    assert slow[1]["tcp_info"]["rtt_ns"] > 5_000_000


# --- a link that goes away ------------------------------------------------------------------------


def statuses(process):
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "reply":
            yield event["status"]


def read_a_slot_skipped_after(moment, process):
    """A slower machine skips some before, too, by itself."""
    after = moment.strftime("%Y-%m-%dT%H:%M:%S.%f")
    for line in process.stdout:
        event = json.loads(line)
        if event["type"] == "reply" and event["status"] == "skipped" and event["time"] > after:
            return


@FAMILIES
@pytest.mark.parametrize("whose", [0, 1])
def test_a_link_that_goes_down_and_up_again_is_an_episode(link, family, whose):
    client, other = link
    end = link[whose]
    with other.serve(f"udp://{at(other, family)}") as server:
        args = ["-c0", "-i10ms", "-W", "50ms", "--format", "jsonl", "-w", "18s"]
        with client.running("probe", server.endpoint, *args) as process:
            seen = statuses(process)
            assert "ok" in seen
            with end.unplugged(link[1 - whose]):
                # A reply is late when this machine is busy, too.
                bad = next(s for s in seen if s not in ("ok", "skipped", "late"))
                assert bad in ("timeout", "unreachable", "send_error")
            assert "ok" in seen, "probing goes on, and finds the link again"
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert (result.code, result.errors) == (0, []), result
    s = check(result.events[-1])
    assert s["received_total"] >= 2 and s["interrupted"] is True
    assert s["lost_total"] + s["send_error_total"] >= 1
    assert s["error"] is None


def test_a_link_that_goes_away_for_a_moment_does_not_end_a_stream(link):
    client, other = link
    with other.serve(f"tcp://{other.v4}:0") as server:
        args = ["-c0", "-i10ms", "-W", "100ms", "--format", "jsonl", "-w", "18s"]
        with client.running("probe", server.endpoint, *args) as process:
            seen = statuses(process)
            assert "ok" in seen
            with other.unplugged(client):
                assert "timeout" in seen
            assert "late" in seen, "TCP brings them all, late"
            assert "ok" in seen
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert (result.code, result.errors) == (0, []), result
    s = check(result.events[-1])
    assert s["late_total"] > 0 and s["outages"] == []
    assert s["mismatch_total"] == s["duplicate_total"] == 0


# --- nobody there ---------------------------------------------------------------------------------


@FAMILIES
def test_a_closed_port_refuses_every_probe(link, family):
    client, other = link
    uri = f"udp://{at(other, family, 9)}"
    s = only(probe(client, uri, "-c10", "-i5ms", code=1))
    assert s["refused_total"] == s["lost_total"] == s["sent_total"] > 0
    assert s["loss_ratio"] == 1 and s["error"] is None


def test_refusals_that_the_other_host_does_not_send_are_time_outs(link):
    """A Linux host tells only so many times a second that a port is closed."""
    client, other = link
    limit = "/proc/sys/net/ipv4/icmp_ratelimit"
    with other.changed(f"echo 1000 >{limit}", f"echo 0 >{limit}"):
        s = only(probe(client, f"udp://{other.v4}:9", "-c30", "-i50ms", "-W", "200ms", code=1))
    assert s["refused_total"] >= 1 and s["timeout_total"] >= 1
    assert s["refused_total"] + s["timeout_total"] == s["lost_total"] == s["sent_total"]


def test_an_address_that_nobody_has_is_unreachable_or_silent(link):
    client, _ = link
    nobody = client.v4.rpartition(".")[0] + ".99"
    patience = f"/proc/sys/net/ipv4/neigh/{client.wire}/retrans_time_ms"
    with client.changed(f"echo 100 >{patience}", f"echo 1000 >{patience}"):
        s = only(probe(client, f"udp://{nobody}:7", "-c5", "-i20ms", "-W", "4s", code=1))
    assert s["unreachable_total"] + s["timeout_total"] == s["sent_total"] > 0
    assert s["unreachable_total"] > 0, "ARP asks three times and gives up"


@pytest.mark.parametrize("made", ["", "ip link set lo up; "
                                  "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6;"])
def test_self_measures_what_a_machine_without_a_family_has(made):
    if os.geteuid() != 0:
        pytest.skip("needs root: a network namespace")
    prefix = ["unshare", "-n", "sh", "-c", f'{made} exec "$0" "$@"']
    result = netecho("probe", "--self", "-c3", "-i50ms", "--json", prefix=prefix)
    assert (result.code, result.json["exit_code"], result.json["errors"]) == (0, 0, [])
    lacking = {t["target"]["family"] for t in result.json["targets"]
               if t["error"] and t["target"]["transport"] != "mptcp"}
    assert lacking == ({"ipv6"} if made else {"ipv4", "ipv6"})  # Without it loopback is down.
    for target in result.json["targets"]:
        assert target["exit_code"] == 0
        assert target["error"] or target["received_total"] > 0
        assert not target["error"] or target["error"]["errno_name"]


@pytest.mark.parametrize("mode", [[], ["--mode", "connect", "-W", "60s"]])
def test_ctrl_c_while_it_connects_to_a_host_that_is_silent(link, mode):
    client, other = link
    with other.dropping("input", "tcp dport 7"):
        with client.running("probe", f"tcp://{other.v4}:7", *mode, "--json") as process:
            eventually(other.dropped, "an attempt to connect")
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert (result.code, result.errors) == (1, []), result
    assert only(check(result.json)["targets"])["interrupted"] is True


def test_ctrl_c_while_it_connects_again_to_a_host_that_is_silent_now(link):
    client, other = link
    server = other.serve(f"tcp://{other.v4}:0")
    args = ["-c0", "-i10ms", "-W", "60s", "--retry", "--format", "jsonl"]
    with client.running("probe", server.endpoint, *args) as process:
        assert "ok" in statuses(process)
        new_ones = f"tcp dport {port_of(server.endpoint)} tcp flags & (syn | ack) == syn"
        with other.dropping("input", new_ones):
            server.kill()
            eventually(other.dropped, "an attempt to connect again")
            read_a_slot_skipped_after(datetime.now(timezone.utc), process)
            process.send_signal(signal.SIGINT)
            result = finish(process)
    assert (result.code, result.errors) == (0, []), result
    s = check(result.events[-1])
    assert s["interrupted"] is True and s["outstanding_total"] == 0
    (outage,) = s["outages"]
    assert 0 < outage["duration_ns"] <= s["duration_ns"]


# --- a narrow link --------------------------------------------------------------------------------


@FAMILIES
def test_what_does_not_fit_the_link_is_not_sent_and_the_mtu_is_told(link, family):
    client, other = link
    uri = f"udp://{at(other, family)}"
    with client.narrow(1280), other.narrow(1280), other.serve(uri) as server:
        args = [server.endpoint, "-c5", "-i50ms", "--sweep", "1000,1400"]
        runs = [probe(client, *args, "--df", df, code=1) for df in ("do", "probe")]
    for fits, large in runs:
        assert fits["received_total"] == fits["sent_total"] > 0
        assert fits["path_mtu_bytes"] == large["path_mtu_bytes"] == 1280
        assert large["send_error_total"] + large["skipped_total"] == 5
        assert large["send_error_total"] > 0
        assert (fits["exit_code"], large["exit_code"]) == (0, 1)


def test_a_narrow_link_behind_a_router_is_found_by_what_the_router_says():
    with hosts_with_a_router_between() as (client, router, other):
        for host in (router, other):
            host.ip("link", "set", host.wire, "mtu", 1280)
        with other.serve(f"udp://{at(other, 'v4')}", f"udp://{at(other, 'v6')}") as server:
            args = ["--df", "do", "-c6", "-i20ms", "--sweep", "1000,1400"]
            targets = probe(client, *server.endpoints, *args, code=1)
    for fits, large in (targets[::2], targets[1::2]):
        assert fits["received_total"] == fits["sent_total"] > 0
        assert large["path_mtu_bytes"] == 1280
        # The first one left, and was refused on the way; the kernel knows better then.
        assert large["unreachable_total"] == large["sent_total"] >= 1
        assert large["send_error_total"] >= 1


# --- the server's own limit ----------------------------------------------------------------------

def test_a_server_that_limits_its_replies_says_so_once(link):
    """A thousand at once are more than a bucket of a tenth of a second holds, however slow the machine is."""
    client, other = link
    with other.serve(f"udp://{other.v4}:0") as server:
        flood = ["--flood", "--window=1000", "-c1000", "-W300ms", server.endpoint]
        for _ in range(2):
            s = client.netecho("probe", *flood, "--json").json["targets"][0]
            assert 0 < s["lost_total"] < s["sent_total"]
        told = [line for line in server.stderr.splitlines() if "--udp-max-rate" in line]
    assert len(told) == 1, told
    assert f"the /24 of {client.v4}" in told[0] and "1000 a second" in told[0], told
