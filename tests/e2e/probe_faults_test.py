"""System calls of `probe` fail: no wrong figure, no hang, no crash; what it could not do is told."""

import pytest
from faults import TRANSPORTS, Failing, cases, every_transport, traced_environment
from netecho import netecho
from schema import check

# Which transports make the call in question; what waits is the same for all.
CALLS = {
    "connect": TRANSPORTS,
    "sendto": TRANSPORTS,
    "recvfrom": ("tcp4", "unix"),
    "recvmsg": ("udp4", "unixgram", "unixpacket"),
    "ppoll": TRANSPORTS,
    "recvmmsg": ("udp4", "unixgram"),
    "sendmmsg": ("udp4", "unixgram"),
    "epoll_wait": ("tcp4", "udp4"),
    "epoll_pwait2": ("tcp4", "udp4"),
    "epoll_ctl": ("tcp4", "udp4"),
}


@pytest.fixture(scope="module")
def endpoints(tmp_path_factory):
    with every_transport(tmp_path_factory.mktemp("s")) as by_transport:
        yield by_transport


@pytest.mark.parametrize("call, transport, error, when", cases(CALLS))
def test_it_counts_what_it_could_not_do(folder, endpoints, call, transport, error, when):
    fault = Failing(folder, call, error, when)
    batches = call in ("recvmmsg", "sendmmsg")
    # What could not be sent is tried again after 1 ms: 50 of those must not use up the schedule.
    interval = "5ms" if (call, error) == ("sendto", "EAGAIN") else "500us"
    schedule = ["--flood", "--window=8"] if batches else [f"-i{interval}"]
    # Both are ordinary answers; connect() and ppoll() know only the first one.
    ordinary = error in (("EINTR",) if call in ("connect", "ppoll") else ("EINTR", "EAGAIN"))
    times = ["-W10s", "-w20s"] if ordinary else ["-W200ms", "-w5s"]
    flows = ["--parallel=5"] if call.startswith("epoll") else []  # Few sockets are waited for by ppoll().
    done = netecho(
        "probe", endpoints[transport], "-c60", *schedule, *times, *flows, "--json",
        prefix=fault.prefix, env=traced_environment(),
    )
    if "poll" in call:
        assert fault.failures(), "nothing was waited for by this call"
    assert done.code in (0, 1, 4), done
    [summary] = check(done.json)["targets"]
    # A failed call brings no bytes: there is nothing that could differ or come twice.
    assert summary["mismatch_total"] == summary["duplicate_total"] == 0
    answered = summary["received_total"] > 0
    assert (done.code == 0) == answered, done
    if ordinary:
        # A machine that is very busy may miss all sixty slots.
        assert summary["received_total"] == summary["sent_total"], done
        assert summary["late_total"] == summary["send_error_total"] == 0, done
