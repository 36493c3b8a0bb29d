"""probe against echo servers that other people wrote: round trips and losses, and nothing made up.

A plain echo returns frames as they were. What needs a server's stamps is null, never zero.
"""

import json
import os
import signal

import pytest
from inetd import fetch, xinetd
from netecho import finish, netecho, running
from ports import own_port
from programs import bound, started, unix_bound
from schema import check

QUICK = ["-c20", "-i10ms"]


def probe(*args):
    """The one summary of a probe that got replies."""
    result = netecho("probe", *args, "--json")
    assert result.code == 0, result
    (summary,) = check(result.json)["targets"]
    return summary


def assert_plain(s):
    """Measured, and all that only a stamping server could have told is null."""
    assert s["received_total"] > 0 and s["rtt_ns"]["min"] > 0
    assert s["stamped"] is False
    for name in ("server_residence_ns", "one_way_ns", "lost_forward_total", "lost_reverse_total"):
        assert s[name] is None, name
    assert (s["duplicate_total"], s["reordered_total"], s["mismatch_total"]) == (0, 0, 0)


def assert_whole(s):
    assert_plain(s)
    assert (s["loss_ratio"], s["received_total"]) == (0, s["sent_total"])


def all_ways(uri):
    """Each way of measuring that a connection of one's own allows."""
    assert_whole(probe(uri, *QUICK, "-W5s"))
    assert_whole(probe(uri, *QUICK, "-W5s", "--clocks-synchronized", "--wait", "spin"))
    assert_whole(probe(uri, "-W5s", "--flood", "--window", "8", "-c500"))
    for size in ("1", "31", "32", "56", "1000"):
        assert_whole(probe(uri, "-c5", "-i20ms", "-W5s", "-s", size))
    s = probe(uri, *QUICK, "-W5s", "--timestamps", "kernel")
    assert_whole(s)
    assert 0 < s["rtt_kernel_ns"]["p50"] < s["rtt_ns"]["p50"]


def socat_tcp(port):
    return ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", "PIPE"]


def test_socat_over_tcp():
    port = own_port()
    uri = f"tcp://127.0.0.1:{port}"
    with started(*socat_tcp(port), ready=bound("tcp", port)):
        all_ways(uri)
        assert_whole(probe(uri, "-c3", "-i50ms", "-W5s", "-s", "50k"))
        # It forks for each, and has a backlog of five.
        s = probe(uri, "-c4", "-i100ms", "-W5s", "--mode", "connect")
        assert s["received_total"] == s["sent_total"] and s["connect_time_ns"]["min"] > 0
        assert s["stamped"] is None


def test_socat_with_a_process_a_datagram():
    """Its children may answer in any order, and PIPE knows no boundaries within one child."""
    port = own_port()
    listen = f"UDP-RECVFROM:{port},bind=127.0.0.1,fork"
    with started("socat", listen, "PIPE", ready=bound("udp", port)):
        s = probe(f"udp://127.0.0.1:{port}", *QUICK, "-W5s")
        assert (s["loss_ratio"], s["received_total"], s["stamped"]) == (0, s["sent_total"], False)
        assert s["server_residence_ns"] is s["lost_forward_total"] is s["one_way_ns"] is None
        assert s["duplicate_total"] == s["mismatch_total"] == 0


def test_socat_over_unix_sockets(folder):
    stream, gram = folder / "s", folder / "g"
    with started("socat", f"UNIX-LISTEN:{stream},fork", "PIPE", ready=unix_bound(stream)):
        assert_whole(probe(f"unix:{stream}", *QUICK, "-W5s"))
        assert_whole(probe(f"unix:{stream}", "-W5s", "--flood", "--window", "8", "-c500"))
    with started("socat", f"UNIX-RECVFROM:{gram},fork", "PIPE", ready=unix_bound(gram)):
        s = probe(f"unixgram:{gram}", *QUICK, "-W5s")
        assert (s["loss_ratio"], s["stamped"], s["mismatch_total"]) == (0, False, 0)


def test_ncat_with_cat_over_tcp():
    port = own_port()
    ncat = ["ncat", "-l", "-k", "-e", "/bin/cat", "127.0.0.1", port]
    with started(*ncat, ready=bound("tcp", port)):
        all_ways(f"tcp://127.0.0.1:{port}")


def test_ncat_with_cat_over_udp():
    """One peer for good, and `cat` may read two datagrams as one: so one probe at a time."""
    port = own_port()
    ncat = ["ncat", "--udp", "-l", "-e", "/bin/cat", "127.0.0.1", port]
    with started(*ncat, ready=bound("udp", port)):
        assert_whole(probe(f"udp://127.0.0.1:{port}", "-W5s", "--flood", "-c50"))


def test_xinetd_over_tcp_and_udp(folder):
    fetch()
    with xinetd(folder) as (tcp, udp):
        all_ways(tcp)
        # One at a time, too: it throws away what comes while it is busy with another datagram.
        s = probe(udp, "-W2s", "-c20", "-i20ms")
        assert_plain(s)
        assert s["timeout_total"] == s["lost_total"]


def test_it_is_told_from_a_stamping_server_in_text():
    port = own_port()
    with started(*socat_tcp(port), ready=bound("tcp", port)):
        result = netecho("probe", f"tcp://127.0.0.1:{port}", *QUICK)
    assert (result.code, result.errors) == (0, []), result
    assert "plain echo" in result.text and "server residence" not in result.text


def test_a_socat_that_is_started_again_is_an_outage():
    port = own_port()
    args = ["-c0", "-i10ms", "--retry", "--format", "jsonl", "-w", "20s"]
    with started(*socat_tcp(port), ready=bound("tcp", port)) as first:
        with running("probe", f"tcp://127.0.0.1:{port}", *args) as process:
            statuses = (json.loads(line).get("status") for line in process.stdout)
            assert "ok" in statuses
            stop_with_children(first)
            assert "skipped" in statuses, "there is no connection"
            with started(*socat_tcp(port), ready=bound("tcp", port)):
                assert "ok" in statuses
                process.send_signal(signal.SIGINT)
                result = finish(process)
    assert (result.code, result.errors) == (0, []), result
    s = check(result.events[-1])
    assert_plain({**s, "mismatch_total": 0})
    # A socat that is being stopped may take the client once more, and answer: then there are two.
    assert len(s["outages"]) in (1, 2) and s["outages"][-1]["probes"] > 0


def stop_with_children(process):
    """The session that `started` made for it: the child that echoes lives on otherwise. Who listens
    goes first: it would take the client that comes back, and drop it again."""
    process.kill()
    process.wait()
    os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize("expression, code", [("loss>0%", 0), ("lost_forward_total>0", 1)])
def test_a_threshold_on_what_a_plain_echo_cannot_tell_fails(expression, code):
    port = own_port()
    with started(*socat_tcp(port), ready=bound("tcp", port)):
        result = netecho("probe", f"tcp://127.0.0.1:{port}", *QUICK, "--fail-if", expression)
    assert result.code == code, result
    assert any(expression in line for line in result.errors) == (code == 1)
